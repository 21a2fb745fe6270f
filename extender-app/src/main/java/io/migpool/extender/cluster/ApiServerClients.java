package io.migpool.extender.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;

/** Clients of the API server for those who know better than the application's client when to try again. */
public final class ApiServerClients {

    private ApiServerClients() {}

    /**
     * A client that tries every request once.
     *
     * @param client the application's client, whose connections are used; stays open
     * @param requestTimeout how long one request may take
     */
    public static KubernetesClient once(KubernetesClient client, Duration requestTimeout) {
        return repeating(client, requestTimeout, 0);
    }

    /**
     * A client that repeats what the API server cannot take at present, with pauses that grow from 0.1 s to 3.2 s.
     *
     * @param client the application's client, whose connections are used; stays open
     * @param requestTimeout how long one attempt may take
     * @param repeats how often at most
     */
    public static KubernetesClient repeating(KubernetesClient client, Duration requestTimeout, int repeats) {
        return client.newClient(new RequestConfigBuilder()
                        .withRequestTimeout((int) requestTimeout.toMillis())
                        .withRequestRetryBackoffLimit(repeats)
                        .build())
                .adapt(KubernetesClient.class);
    }
}
