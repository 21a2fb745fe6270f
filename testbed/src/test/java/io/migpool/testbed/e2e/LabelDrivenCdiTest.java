package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

    private static final String H100 = "NVIDIA H100 80GB HBM3";
    private static final String SMALL = "mig-1g.10gb";
    private static final String PART = "mig-1c.3g.40gb";
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

    private static final String IN_PARTS = """
            version: v1
            mig-configs:
              in-parts:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"1c.3g.40gb": 3, "4g.40gb": 1}
              whole:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"3g.40gb": 2}
            """;

    private static EmbeddedCluster start(String boards, String configurations) throws Exception {
        EmbeddedCluster cluster = EmbeddedCluster.start(
                ClusterSpec.fast(List.of(NodeSpec.shared(LabelledNode.NAME, boards)), SharedCluster.DEVICE_CONFIG, "{}")
                        .withSettings(Map.of("migpool.mig-manager.feature-labels", "true")));
        cluster.client()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                        .withName("custom-mig-config")
                        .endMetadata()
                        .withData(Map.of("config.yaml", configurations))
                        .build())
                .create();
        return cluster;
    }

    /** The host's specification is from before the GPUs were cut. */
    @Test
    void theyReachTheirOwnDevicesAndNoOthers() throws Exception {
        try (EmbeddedCluster cluster = start(H100 + ":2", ONE_CUT_ONE_WHOLE);
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
    void partsOfAGpuInstanceAreDevicesOfTheirOwn() throws Exception {
        try (EmbeddedCluster cluster = start(H100, IN_PARTS);
                Workload workload = Workload.inNewNamespace(cluster)) {
            LabelledNode node = new LabelledNode(cluster);
            workload.node(LabelledNode.NAME).describeDriver();
            node.strategy("true", "mixed");
            node.follow("in-parts");
            node.awaitAllocatable("nvidia.com/" + PART, 3);
            node.awaitAllocatable("nvidia.com/mig-4g.40gb", 1);
            node.awaitLabels(Map.of(
                    "nvidia.com/mig-1c.3g.40gb.count", "3",
                    "nvidia.com/mig-1c.3g.40gb.product", "NVIDIA-H100-80GB-HBM3-MIG-1c.3g.40gb",
                    "nvidia.com/mig-1c.3g.40gb.slices.gi", "3",
                    "nvidia.com/mig-1c.3g.40gb.slices.ci", "1",
                    "nvidia.com/mig-1c.3g.40gb.multiprocessors", "20"));

            workload.create(GpuPod.named("two").container("main", PART, "2"));
            workload.create(GpuPod.named("third").container("main", PART, "1"));
            List<String> two = workload.awaitDevices("two", 2);
            List<String> third = workload.awaitDevices("third", 1);

            assertThat(two).doesNotContainAnyElementsOf(third);
            assertThat(node.migUuids(0)).containsAll(two).containsAll(third);
            List<String> ofTwo = capabilities(workload, "two");
            List<String> ofThird = capabilities(workload, "third");
            assertThat(ofTwo)
                    .as("the GPU instance's, and two compute instances'")
                    .hasSize(3);
            assertThat(ofThird).hasSize(2).filteredOn(ofTwo::contains).hasSize(1);

            node.label(LabelledNode.CONFIG, "whole");
            await("it is said for whom it waits").atMost(LabelledNode.LONGEST).untilAsserted(() -> assertThat(
                            node.events("MigConfigWaits"))
                    .anyMatch(note -> note.contains("/two") && note.contains("/third")));
            workload.delete("two");
            node.awaitState("pending");
            assertThat(node.migUuids(0)).containsAll(third);
            workload.delete("third");
            node.awaitState("success");
            assertThat(node.layout()).isEqualTo(Map.of("3g.40gb", 2));
            node.awaitAllocatable("nvidia.com/" + PART, 0);
            node.awaitAllocatable("nvidia.com/mig-3g.40gb", 2);
        }
    }

    private static List<String> capabilities(Workload workload, String pod) {
        return container(workload, pod).deviceNodes().stream()
                .map(DeviceNode::path)
                .filter(path -> path.startsWith("/dev/nvidia-caps/"))
                .toList();
    }

    @Test
    void wholeGpusComeWithTheirInstances() throws Exception {
        try (EmbeddedCluster cluster = start(H100 + ":2", ONE_CUT_ONE_WHOLE);
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
