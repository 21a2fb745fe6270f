package io.migpool.extender.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.extender.TestCluster;
import io.migpool.extender.cluster.ConsistentReads.Leader;
import io.migpool.extender.cluster.ConsistentReads.Term;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a read of the lease yields. */
class ApiServerReadsTest {

    private static final Duration REQUEST = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void aLeaseThatCannotBeReadIsNotOneThatDoesNotExist() throws IOException {
        Path kubeconfig = directory.resolve("kubeconfig");
        try (TestCluster cluster = new TestCluster()) {
            cluster.kubeconfig(kubeconfig);
            assertThat(leader(kubeconfig)).isEqualTo(new Leader.NoLease());
        }

        assertThat(leader(kubeconfig)).isInstanceOfSatisfying(Leader.Unknown.class, unknown -> assertThat(unknown.why())
                .startsWith("the lease kube-system/hami-scheduler of the scheduler's leader cannot be read"));
    }

    @Test
    void aLeaseThatRanOutMayBeLeftFromATimeWhenReplicasElected() {
        Instant renewal = Instant.parse("2026-01-01T00:00:00Z");
        LeaseSpec lease = new LeaseSpecBuilder()
                .withHolderIdentity("gone_1")
                .withLeaseDurationSeconds(15)
                .withRenewTime(renewal.atZone(ZoneOffset.UTC))
                .build();
        Term term = new Term("gone_1", 0, Optional.empty());

        assertThat(ApiServerReads.elected(lease, renewal.plusSeconds(14))).isEqualTo(new Leader.Elected(term, true));
        assertThat(ApiServerReads.elected(lease, renewal.plusSeconds(15))).isEqualTo(new Leader.Elected(term, false));
    }

    private static Leader leader(Path kubeconfig) throws IOException {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig)))
                .build()) {
            return new ApiServerReads(client, REQUEST, "kube-system/hami-scheduler", InstantSource.system()).leader();
        }
    }
}
