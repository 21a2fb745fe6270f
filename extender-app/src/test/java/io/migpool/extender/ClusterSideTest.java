package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.runtime.Closing;
import io.migpool.runtime.time.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterSideTest {

    @TempDir
    private Path directory;

    @Test
    void whileTheApiServerIsAwayThePodsAreReadAgainEverMoreSeldom() throws Exception {
        Path kubeconfig = directory.resolve("kubeconfig");
        try (TestCluster cluster = new TestCluster();
                Closing closing = new Closing()) {
            cluster.kubeconfig(kubeconfig);
            try (KubernetesClient client = client(kubeconfig)) {
                ClusterSide side = side(client, closing);
                assertThat(side.readPodsAgain()).as("nothing to do").isEqualTo(Loop.Next.AFTER_PAUSE);
                side.state().namespaceChanged(withPolicy("a"));
                assertThat(side.readPodsAgain()).isEqualTo(Loop.Next.AFTER_PAUSE);
            }
        }
        try (Closing closing = new Closing();
                KubernetesClient client = client(kubeconfig)) {
            ClusterSide side = side(client, closing);
            side.state().namespaceChanged(withPolicy("b"));
            for (int failures = 0; failures < 2; failures++) {
                assertThat(side.readPodsAgain()).isEqualTo(Loop.Next.RETRY_SOON);
            }
        }
    }

    private static ClusterSide side(KubernetesClient client, Closing closing) {
        return new ClusterSide(client, "kube-system/hami-scheduler", InstantSource.system(), closing);
    }

    private static KubernetesClient client(Path kubeconfig) throws IOException {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig)))
                .build();
    }

    private static Namespace withPolicy(String name) {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToAnnotations("hami.io/gpu-scheduler-policy", "spread")
                .endMetadata()
                .build();
    }
}
