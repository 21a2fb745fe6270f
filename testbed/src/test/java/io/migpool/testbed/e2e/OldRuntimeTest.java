package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.kubelet.ContainerMount;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Container runtimes without CDI, runtimes that ignore the variable in unprivileged containers, and other runtimes. */
class OldRuntimeTest {

    private static final String NODE = "old-node";

    @Test
    void whereTheEngineKnowsNoCdiTheDeviceHoldsAllThatNvidiasRuntimeIsToBring() throws Exception {
        try (EmbeddedCluster cluster = start(Map.of("migpool.inject.strategy", "envvar"));
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.node(NODE).describeDriver();
            workload.run(GpuPod.named("pod").container("main", "gpu", "2", "gpumem", "8000"));
            // Its neighbour's instance is on the same GPU.
            workload.run(GpuPod.named("other").container("main", "gpu", "1", "gpumem", "8000"));

            var container =
                    workload.node(NODE).containers(workload.namespace(), "pod").getFirst();
            assertThat(container.environment().get("NVIDIA_VISIBLE_DEVICES")).startsWith("migpool.io/gpu=mp-");
            assertThat(workload.devicesSeenBy("pod", "main"))
                    .hasSize(2)
                    .containsExactlyInAnyOrderElementsOf(workload.migUuidsOf("pod"));
            assertThat(workload.devicesSeenBy("other", "main")).hasSize(1).isEqualTo(workload.migUuidsOf("other"));
        }
    }

    /** As beside a GPU Operator with CDI enabled. */
    @Test
    void whereNvidiasRuntimeTakesNoPartTheDeviceHoldsAllThatIsNeeded() throws Exception {
        try (EmbeddedCluster cluster = start(Map.of());
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.node(NODE).describeDriver();
            workload.run(GpuPod.named("pod").container("main", "gpu", "2", "gpumem", "8000"));
            workload.run(GpuPod.named("other").container("main", "gpu", "1", "gpumem", "8000"));

            assertThat(workload.devicesSeenBy("pod", "main"))
                    .hasSize(2)
                    .containsExactlyInAnyOrderElementsOf(workload.migUuidsOf("pod"));
            assertThat(workload.devicesSeenBy("other", "main")).hasSize(1).isEqualTo(workload.migUuidsOf("other"));
            assertThat(workload.node(NODE)
                            .containers(workload.namespace(), "pod")
                            .getFirst()
                            .environment())
                    .containsEntry("NVIDIA_VISIBLE_DEVICES", "void");
        }
    }

    @Test
    void whereTheVariableIsIgnoredMountsStandForTheDevices() throws Exception {
        try (EmbeddedCluster cluster = start(Map.of("migpool.inject.device-list", "volume-mounts"));
                Workload workload = Workload.inNewNamespace(cluster)) {
            workload.run(GpuPod.named("pod").container("main", "gpu", "2", "gpumem", "8000"));

            var container =
                    workload.node(NODE).containers(workload.namespace(), "pod").getFirst();
            assertThat(container.environment())
                    .containsEntry("NVIDIA_VISIBLE_DEVICES", "/var/run/nvidia-container-devices");
            assertThat(container.mounts())
                    .extracting(ContainerMount::hostPath)
                    .containsExactly("/dev/null", "/dev/null");
            assertThat(workload.devicesSeenBy("pod", "main")).hasSize(2).isEqualTo(workload.migUuidsOf("pod"));
        }
    }

    private static EmbeddedCluster start(Map<String, String> settings) throws Exception {
        return EmbeddedCluster.start(ClusterSpec.fast(
                        List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:1")), SharedCluster.DEVICE_CONFIG, """
                        {"nodeconfig": [{"name": "old-node", "operatingmode": "mig"}]}
                        """)
                .withSettings(settings));
    }
}
