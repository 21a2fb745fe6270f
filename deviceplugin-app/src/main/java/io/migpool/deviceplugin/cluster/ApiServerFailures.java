package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** How the adapters report that a request to the API server failed. */
final class ApiServerFailures {

    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int TIMEOUT = 408;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int FIRST_SERVER_ERROR = 500;
    private static final int FIRST_ANSWER = 100;

    private ApiServerFailures() {}

    /** Converts the client's exception to that of the ports. */
    static ClusterException of(String what, KubernetesClientException e) {
        int status = e.getCode();
        ClusterException.Code code =
                switch (status) {
                    case NOT_FOUND -> ClusterException.Code.GONE;
                    case CONFLICT -> ClusterException.Code.CONFLICT;
                    case TIMEOUT, TOO_MANY_REQUESTS -> ClusterException.Code.UNAVAILABLE;
                    default ->
                        status < FIRST_ANSWER || status >= FIRST_SERVER_ERROR
                                ? ClusterException.Code.UNAVAILABLE
                                : ClusterException.Code.REFUSED;
                };
        return new ClusterException(code, what + ": " + e.getMessage(), e);
    }
}
