package io.migpool.admission.tls;

import org.eclipse.microprofile.config.Config;

/** Whether there is a cluster to talk to: a kubeconfig that is named, or the one in which kubelet started us. */
public final class ClusterAccess {

    static final String KUBECONFIG = "migpool.kubernetes.kubeconfig";
    /** Set by kubelet in every container. */
    private static final String IN_CLUSTER = "KUBERNETES_SERVICE_HOST";

    private ClusterAccess() {}

    /** Whether a client would find an API server without being told more. */
    public static boolean isKnown(Config config) {
        return config.getOptionalValue(KUBECONFIG, String.class)
                        .filter(file -> !file.isBlank())
                        .isPresent()
                || config.getOptionalValue(IN_CLUSTER, String.class).isPresent();
    }
}
