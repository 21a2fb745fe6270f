package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.FakeApiServer;
import io.migpool.extender.cluster.ConsistentReads.Leader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a look at the lease tells. */
class ApiServerReadsTest {

    private static final Duration REQUEST = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void aLeaseThatCannotBeReadIsNotOneThatDoesNotExist() throws IOException {
        Path kubeconfig = directory.resolve("kubeconfig");
        try (FakeApiServer api = new FakeApiServer()) {
            api.kubeconfig(kubeconfig);
            assertThat(leader(kubeconfig)).isEqualTo(new Leader.NoLease());
        }

        assertThat(leader(kubeconfig)).isInstanceOfSatisfying(Leader.Unknown.class, unknown -> assertThat(unknown.why())
                .startsWith("the lease kube-system/hami-scheduler of the scheduler's leader cannot be read"));
    }

    private static Leader leader(Path kubeconfig) throws IOException {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig)))
                .build()) {
            return new ApiServerReads(client, REQUEST, "kube-system/hami-scheduler").leader();
        }
    }
}
