package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.deviceplugin.host.Systemd;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods of the GPU Operator, told by the labels of its manifests. */
class ClusterGpuClientsTest {

    private static final Set<String> EVERYBODY =
            Set.of("device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm", "client");

    private final FakeCluster cluster = new FakeCluster();
    private final ClusterGpuClients clients = new ClusterGpuClients(
            new NodePods(cluster, cluster, Instant::now),
            new HostServices(HostServices.ServiceList.NONE, new NoServices()));

    /** A host on which nothing runs. */
    private static final class NoServices implements Systemd {
        @Override
        public Unit unit(String name) throws IOException {
            throw new IOException(name);
        }

        @Override
        public void stop(String name) {}

        @Override
        public void start(String name) {}

        @Override
        public void reboot() {}
    }

    private static Pod pod(String app, String phase) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("gpu-operator")
                .withName(app)
                .withUid("uid-" + app)
                .withLabels(Map.of("app", app))
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withPhase(phase)
                .endStatus()
                .build();
    }

    @ParameterizedTest
    @CsvSource({
        "device-plugin, nvidia-device-plugin-daemonset",
        "gpu-feature-discovery, gpu-feature-discovery",
        "dcgm-exporter, nvidia-dcgm-exporter",
        "dcgm, nvidia-dcgm"
    })
    void aPausedClientIsWaitedForAndNobodyElse(String client, String app) throws UnreachableException {
        cluster.add(pod(app, "Running"));
        cluster.add(pod("team", "Running"));

        assertThat(clients.pods(Set.of(client))).containsExactly("pod gpu-operator/" + app);
        assertThat(clients.pods(Set.of())).isEmpty();
        assertThat(cluster.evicted()).isEmpty();
    }

    @Test
    void whoeverIsSelectedAsAClientIsOneWhateverItIsCalled() throws UnreachableException {
        cluster.add(new PodBuilder(pod("own", "Running"))
                .editSpec()
                .withNodeSelector(Map.of("nvidia.com/gpu.deploy.client", "true"))
                .endSpec()
                .build());

        assertThat(clients.pods(Set.of("client"))).containsExactly("pod gpu-operator/own");
        assertThat(clients.pods(Set.of("dcgm"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"nvidia-cuda-validator", "nvidia-device-plugin-validator"})
    void aTrialThatStillRunsIsAskedToLeave(String app) throws UnreachableException {
        cluster.add(pod(app, "Running"));

        assertThat(clients.pods(EVERYBODY)).containsExactly("pod gpu-operator/" + app);

        assertThat(cluster.evicted()).containsExactly(app);
        assertThat(clients.pods(EVERYBODY)).isEmpty();
    }

    @Test
    void aTrialThatHasEndedIsInNobodysWay() throws UnreachableException {
        cluster.add(pod("nvidia-cuda-validator", "Succeeded"));

        assertThat(clients.pods(EVERYBODY)).isEmpty();
        assertThat(cluster.evicted()).isEmpty();
    }

    @Test
    void theValidatorStartsAnewWhenTheNodeIsToBeCheckedAndNotBefore() throws UnreachableException {
        cluster.add(new PodBuilder(pod("nvidia-operator-validator", "Running"))
                .editMetadata()
                .addNewOwnerReference()
                .withKind("DaemonSet")
                .withName("nvidia-operator-validator")
                .endOwnerReference()
                .endMetadata()
                .build());
        assertThat(clients.pods(EVERYBODY)).isEmpty();
        assertThat(cluster.evicted()).isEmpty();

        clients.checkAgain();

        assertThat(cluster.evicted()).containsExactly("nvidia-operator-validator");
    }

    @Test
    void aBudgetThatHoldsTheValidatorDoesNotHoldTheChange() throws UnreachableException {
        cluster.add(pod("nvidia-operator-validator", "Running"));
        cluster.holdBackEvictions(1);

        clients.checkAgain();

        assertThat(cluster.evicted()).isEmpty();
    }
}
