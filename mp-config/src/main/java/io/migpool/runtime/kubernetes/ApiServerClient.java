package io.migpool.runtime.kubernetes;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.migpool.runtime.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/**
 * Opens clients of the API server. A request that fails is not retried, and a watch that breaks is set up again after
 * pauses that grow from 0.5 s to 16 s.
 *
 * @param kubeconfig file with the cluster's address and credentials; empty lets the client find them
 * @param isKnown whether a client finds a cluster: one named by the file, or the one in which kubelet started this
 *     process
 */
public record ApiServerClient(Optional<Path> kubeconfig, boolean isKnown) {

    /** Key of the kubeconfig file. */
    public static final String KUBECONFIG = "migpool.kubernetes.kubeconfig";

    /** Set by kubelet in every container. */
    private static final String IN_CLUSTER = "KUBERNETES_SERVICE_HOST";

    private static final Duration REQUEST = Duration.ofSeconds(10);
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration RECONNECT = Duration.ofMillis(500);

    /** Reads from the configuration how to reach the API server. */
    public static ApiServerClient of(Config config) {
        SettingsReader own = new SettingsReader(config);
        Optional<Path> kubeconfig = own.optionalPath(KUBECONFIG);
        return new ApiServerClient(
                kubeconfig,
                kubeconfig.isPresent() || own.optionalText(IN_CLUSTER).isPresent());
    }

    /**
     * Returns a client, which connects on the first request. The caller closes it.
     *
     * @throws IllegalArgumentException if the kubeconfig cannot be read; the message names key, value and remedy
     */
    public KubernetesClient open() {
        return open(CONNECT, new KubernetesSerialization());
    }

    /**
     * As {@link #open()}, with another limit for connecting and another way of reading.
     *
     * @param connect how long it may take to connect
     * @param serialization reads and writes the objects
     */
    public KubernetesClient open(Duration connect, KubernetesSerialization serialization) {
        var found = kubeconfig
                .map(ApiServerClient::read)
                .orElseGet(() -> io.fabric8.kubernetes.client.Config.autoConfigure(null));
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(found)
                        // Callers retry what matters to them; retries in the client as well would hide failures for
                        // minutes.
                        .withRequestRetryBackoffLimit(0)
                        .withRequestTimeout((int) REQUEST.toMillis())
                        .withConnectionTimeout((int) connect.toMillis())
                        .withWatchReconnectInterval((int) RECONNECT.toMillis())
                        // Without TLS there is no negotiation: HTTP/2 would need an upgrade request, which servers
                        // mishandle.
                        .withHttp2Disable(found.getMasterUrl().startsWith("http:"))
                        .build())
                .withKubernetesSerialization(serialization)
                .build();
    }

    private static io.fabric8.kubernetes.client.Config read(Path kubeconfig) {
        if (!Files.isReadable(kubeconfig)) {
            throw SettingsReader.refusal(
                    KUBECONFIG,
                    kubeconfig.toString(),
                    "a kubeconfig file that can be read, or none to use the pod's service account");
        }
        return io.fabric8.kubernetes.client.Config.fromKubeconfig(kubeconfig.toFile());
    }

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
     * Returns a client that retries what the API server cannot take at present, with pauses that grow from 0.1 s to 3.2
     * s.
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
