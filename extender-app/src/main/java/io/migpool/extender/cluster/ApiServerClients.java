package io.migpool.extender.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;

/** Clients of the API server for those who know better than a client when to try again. */
public final class ApiServerClients {

    private ApiServerClients() {}

    /**
     * A client that tries every request once.
     *
     * @param client the application's client, whose connections are used; stays open
     * @param requestTimeout how long one request may take
     */
    public static KubernetesClient once(KubernetesClient client, Duration requestTimeout) {
        return client.newClient(new RequestConfigBuilder()
                        .withRequestTimeout((int) requestTimeout.toMillis())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .adapt(KubernetesClient.class);
    }
}
