package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import io.migpool.testbed.kubelet.ContainerHook;
import io.migpool.testbed.kubelet.ContainerMount;
import io.migpool.testbed.kubelet.DeviceNode;
import io.migpool.testbed.kubelet.RunningContainer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Containers with label-driven devices where NVIDIA's runtime takes no part, as beside a GPU Operator with CDI enabled:
 * they have what the container engine finds in their CDI devices, and nothing else.
 */
class LabelDrivenCdiTest {

    private static final String SMALL = "mig-1g.10gb";
    private static final String LIBRARY = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06";

    private static final String ONE_CUT_ONE_WHOLE = """
            version: v1
            mig-configs:
              one-cut-one-whole:
                - devices: [0]
                  mig-enabled: true
                  mig-devices: {"1g.10gb": 3, "3g.40gb": 1}
                - devices: [1]
                  mig-enabled: false
            """;

    private static EmbeddedCluster start() throws Exception {
        EmbeddedCluster cluster = EmbeddedCluster.start(ClusterSpec.fast(
                List.of(NodeSpec.shared(LabelledNode.NAME, "NVIDIA H100 80GB HBM3:2")),
                SharedCluster.DEVICE_CONFIG,
                "{}"));
        cluster.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                        .withName("custom-mig-config")
                        .endMetadata()
                        .withData(Map.of("config.yaml", ONE_CUT_ONE_WHOLE))
                        .build())
                .create();
        return cluster;
    }

    /** The host's specification is from before the GPUs were cut. */
    @Test
    void theyReachTheirOwnDevicesAndNoOthers() throws Exception {
        try (EmbeddedCluster cluster = start();
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            workload.node(LabelledNode.NAME).describeDriver();
            node.strategy("true", "mixed");
            node.follow("one-cut-one-whole");
            node.awaitAllocatable("nvidia.com/" + SMALL, 3);
            node.awaitAllocatable("nvidia.com/gpu", 1);

            workload.create(GpuPod.named("several").container("main", SMALL, "2", "mig-3g.40gb", "1"));
            workload.create(GpuPod.named("neighbour").container("main", SMALL, "1"));
            workload.create(GpuPod.named("whole")
                    .ignoredByTheWebhook()
                    .boundTo(LabelledNode.NAME)
                    .container("main", "gpu", "1"));

            List<String> several = workload.awaitDevices("several", 3);
            assertThat(node.migUuids(0)).containsAll(several);
            assertThat(workload.awaitDevices("neighbour", 1)).doesNotContainAnyElementsOf(several);
            assertThat(workload.awaitDevices("whole", 1)).first().asString().startsWith("GPU-");

            RunningContainer container = container(workload, "several");
            assertThat(container.environment()).containsEntry("NVIDIA_VISIBLE_DEVICES", "void");
            assertThat(container.mounts())
                    .extracting(ContainerMount::containerPath)
                    .containsExactly(LIBRARY);
            assertThat(container.deviceNodes())
                    .extracting(DeviceNode::path)
                    .hasSize(3 + 2 * 3)
                    .contains("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia0")
                    .filteredOn(path -> path.startsWith("/dev/nvidia-caps/"))
                    .hasSize(2 * 3);
            assertThat(container.hooks())
                    .flatExtracting(ContainerHook::arguments)
                    .contains("update-ldcache");
            assertThat(container(workload, "whole").deviceNodes())
                    .extracting(DeviceNode::path)
                    .containsExactly("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia1");
        }
    }

    @Test
    void wholeGpusComeWithTheirInstances() throws Exception {
        try (EmbeddedCluster cluster = start();
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            workload.node(LabelledNode.NAME).describeDriver();
            node.strategy("true", "none");
            node.follow("one-cut-one-whole");
            node.awaitAllocatable("nvidia.com/gpu", 2);

            workload.create(GpuPod.named("both")
                    .ignoredByTheWebhook()
                    .boundTo(LabelledNode.NAME)
                    .container("main", "gpu", "2"));

            assertThat(workload.awaitDevices("both", 5))
                    .containsAll(node.migUuids(0))
                    .last()
                    .asString()
                    .startsWith("GPU-");
        }
    }

    private static RunningContainer container(Workload workload, String pod) {
        return workload.node(LabelledNode.NAME)
                .containers(workload.namespace(), pod)
                .getFirst();
    }
}
