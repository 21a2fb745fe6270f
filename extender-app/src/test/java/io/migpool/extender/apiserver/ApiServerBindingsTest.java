package io.migpool.extender.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.TestCluster;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.BindingPort.Attempt;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bindings over HTTP. */
class ApiServerBindingsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration FAR_LONGER = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    /** The replica that leads next relies on this limit. */
    @Test
    void anAttemptEndsWithItsOwnTimeOutAndNotWithThatOfTheClient() throws Exception {
        try (TestCluster cluster = new TestCluster();
                KubernetesClient client = client(cluster)) {
            Pod pod = cluster.put(KubernetesObjects.pod("p", "gpu", "1"));
            ApiServerBindings bindings = new ApiServerBindings(client, Duration.ofMillis(500));
            cluster.loseNextBinding();

            Attempt lost = assertTimeoutPreemptively(PATIENCE, () -> bind(bindings, pod));

            assertThat(lost).isInstanceOf(Attempt.Unclear.class);
        }
    }

    /** A Binding that certainly did not reach the API server must not block anything. */
    @Test
    void aRequestWithoutAConnectionHasCertainlyNotBound() throws Exception {
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // Beyond its backlog the kernel answers no connection attempt.
            for (int i = 0; i < 10; i++) {
                SocketChannel channel = SocketChannel.open();
                waiting.add(channel);
                channel.configureBlocking(false);
                channel.connect(silent.getLocalSocketAddress());
            }
            Config config = new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + silent.getLocalPort())
                    .withConnectionTimeout(300)
                    .build();
            try (KubernetesClient client =
                    new KubernetesClientBuilder().withConfig(config).build()) {
                ApiServerBindings bindings = new ApiServerBindings(client, Duration.ofSeconds(10));

                assertThat(bind(bindings, KubernetesObjects.pod("p", "gpu", "1")))
                        .isInstanceOf(Attempt.NotTaken.class);
            }
        } finally {
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }

    @Test
    void answersAreDistinguished() throws Exception {
        try (TestCluster cluster = new TestCluster();
                KubernetesClient client = client(cluster)) {
            Pod pod = cluster.put(KubernetesObjects.pod("p", "gpu", "1"));
            ApiServerBindings bindings = new ApiServerBindings(client, PATIENCE);
            cluster.failNextBinding(503);
            assertThat(bind(bindings, pod)).isInstanceOf(Attempt.Unclear.class);
            cluster.failNextBinding(429);
            assertThat(bind(bindings, pod)).isInstanceOf(Attempt.NotTaken.class);
            cluster.failNextBinding(403);
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Refused("injected fault"));
            assertThat(bind(bindings, pod)).isEqualTo(new Attempt.Bound());
            assertThat(bind(bindings, pod))
                    .isInstanceOfSatisfying(Attempt.Conflict.class, conflict -> assertThat(conflict.toString())
                            .contains("pod p is already assigned to node \"node-a\""));
        }
    }

    private static Attempt bind(ApiServerBindings bindings, Pod pod) {
        return bindings.bind(PodKey.of(pod.getMetadata()), "node-a", Map.of());
    }

    private KubernetesClient client(TestCluster cluster) {
        Config found = Config.fromKubeconfig(
                cluster.kubeconfig(directory.resolve("kubeconfig")).toFile());
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(found)
                        .withRequestTimeout((int) FAR_LONGER.toMillis())
                        .build())
                .build();
    }
}
