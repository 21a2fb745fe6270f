package io.migpool.extender.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;

/** Creates clients of the API server for callers with a retry policy of their own. */
public final class ApiServerClients {

    private ApiServerClients() {}

    /**
     * Returns a client that tries every request once.
     *
     * @param client the application's client, whose connections are used; stays open
     * @param requestTimeout how long one request may take
     */
    public static KubernetesClient once(KubernetesClient client, Duration requestTimeout) {
        return repeating(client, requestTimeout, 0);
    }

    /**
     * Returns a client that retries what the API server cannot take at present, with pauses that grow from 0.1 s to 3.2 s.
     *
     * @param client the application's client, whose connections are used; stays open
     * @param requestTimeout how long one attempt may take
     * @param repeats the most retries
     */
    public static KubernetesClient repeating(KubernetesClient client, Duration requestTimeout, int repeats) {
        return client.newClient(new RequestConfigBuilder()
                        .withRequestTimeout((int) requestTimeout.toMillis())
                        .withRequestRetryBackoffLimit(repeats)
                        .build())
                .adapt(KubernetesClient.class);
    }
}
