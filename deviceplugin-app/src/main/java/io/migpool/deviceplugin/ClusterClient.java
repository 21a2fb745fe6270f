package io.migpool.deviceplugin;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.deviceplugin.settings.AgentSettings;
import java.time.Duration;

/** The agent's connection to the API server. */
final class ClusterClient {

    private static final Duration REQUEST = Duration.ofSeconds(10);
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration RECONNECT = Duration.ofMillis(500);

    private ClusterClient() {}

    /** Returns a client for the configured cluster, which connects on the first call. The caller closes it. */
    static KubernetesClient open(AgentSettings settings) {
        Config found = settings.kubeconfig()
                .map(file -> Config.fromKubeconfig(file.toFile()))
                .orElseGet(() -> Config.autoConfigure(null));
        // Callers retry what matters to them; retries in the client as well would hide failures for minutes.
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(found)
                        .withRequestRetryBackoffLimit(0)
                        .withRequestTimeout((int) REQUEST.toMillis())
                        .withConnectionTimeout((int) CONNECT.toMillis())
                        .withWatchReconnectInterval((int) RECONNECT.toMillis())
                        // Without TLS there is no negotiation: HTTP/2 would need an upgrade request, which servers
                        // mishandle.
                        .withHttp2Disable(found.getMasterUrl().startsWith("http:"))
                        .build())
                .build();
    }
}
