package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.kubelet.podresources.AllocatableResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.GetPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.ListPodResourcesRequest;
import io.migpool.contracts.kubelet.podresources.PodResources;
import io.migpool.contracts.kubelet.podresources.PodResourcesListerGrpc.PodResourcesListerBlockingStub;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.kubelet.FakeKubelet;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a monitor such as dcgm-exporter learns on the agent's PodResources socket. */
class TranslatedPodResourcesTest {

    private static final String RESOURCE = "nvidia.com/gpu";

    @TempDir
    Path directory;

    private @Nullable AgentRig rig;

    @AfterEach
    void stopNode() {
        if (rig != null) {
            rig.close();
        }
    }

    private AgentRig start(MachineSpec spec, GpuMode mode) throws Exception {
        AgentRig started = AgentRig.started(directory, spec, mode);
        rig = started;
        started.kubelet.servePodResources(directory.resolve("pr.sock"));
        await().until(() -> Files.exists(started.translatedPodResources()));
        return started;
    }

    private static PodResourcesListerBlockingStub monitor(AgentRig node) throws Exception {
        return node.kubelet.monitor(node.translatedPodResources());
    }

    private static PodResources get(AgentRig node, String pod) throws Exception {
        return monitor(node)
                .get(GetPodResourcesRequest.newBuilder()
                        .setPodNamespace("default")
                        .setPodName(pod)
                        .build())
                .getPodResources();
    }

    private static List<String> ids(PodResources pod) {
        return pod.getContainersList().stream()
                .flatMap(container -> container.getDevicesList().stream())
                .flatMap(devices -> devices.getDeviceIdsList().stream())
                .toList();
    }

    @Test
    void slotsOfMigPodsAreTheirMigUuidsInTheOrderOfTheContainers() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB:2"), GpuMode.MIG);
        node.cluster.add(ReservedPod.named("two")
                .app("main", slice(node.gpu(1), "3g.40gb", 4, 4), slice(node.gpu(0), "1g.10gb", 0, 1))
                .build());
        List<String> seen = node.start("uid-two", "main", "mp-003", "mp-004");
        node.kubelet.podResources("default", "two", "main", "mp-003", "mp-004");

        PodResources listed =
                monitor(node).list(ListPodResourcesRequest.getDefaultInstance()).getPodResources(0);

        assertThat(seen).hasSize(2).allMatch(uuid -> uuid.startsWith("MIG-"));
        assertThat(ids(listed)).isEqualTo(seen);
        assertThat(get(node, "two")).isEqualTo(listed);
        assertThat(listed.getContainers(0).getUnknownFields()).isEqualTo(FakeKubelet.CPUS);
    }

    @Test
    void slotsOfSharingPodsAreTheUuidsOfTheirGpus() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA L40S"), GpuMode.HAMI_CORE);
        node.cluster.add(
                ReservedPod.named("part").shared("main", node.gpu(0), 4000, 30).build());
        node.start("uid-part", "main", "mp-000");
        node.kubelet.podResources("default", "part", "main", "mp-000");

        assertThat(ids(get(node, "part"))).containsExactly(node.gpu(0));
        assertThat(allocatable(node)).containsExactly(node.gpu(0));
    }

    @Test
    void aPodThatHasNotStartedKeepsItsSlots() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB"), GpuMode.MIG);
        node.kubelet.podResources("default", "coming", "main", "mp-001");

        assertThat(ids(get(node, "coming"))).containsExactly("mp-001");
    }

    @Test
    void whatCanBeGivenIsEveryMigDeviceThatExistsBesideTheDevicesOfOthers() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB"), GpuMode.MIG);
        node.cluster.add(ReservedPod.named("first")
                .app("main", slice(node.gpu(0), "1g.10gb", 2, 1))
                .build());
        List<String> seen = node.start("uid-first", "main", "mp-000");

        assertThat(allocatable(node)).isEqualTo(seen);
        assertThat(monitor(node).getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()))
                .satisfies(answer -> {
                    assertThat(answer.getDevicesList())
                            .extracting(ContainerDevices::getResourceName)
                            .containsExactlyInAnyOrder(RESOURCE, "example.com/nic");
                    assertThat(answer.getUnknownFields()).isEqualTo(FakeKubelet.CPUS);
                });
    }

    private static List<String> allocatable(AgentRig node) throws Exception {
        return monitor(node)
                .getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance())
                .getDevicesList()
                .stream()
                .filter(devices -> devices.getResourceName().equals(RESOURCE))
                .flatMap(devices -> devices.getDeviceIdsList().stream())
                .toList();
    }

    @Test
    void aPodThatKubeletDoesNotKnowIsNotFound() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB"), GpuMode.MIG);

        assertThatThrownBy(() -> get(node, "nobody"))
                .hasMessageContaining("NOT_FOUND: kubelet knows no pod default/nobody");
    }

    @Test
    void withoutKubeletItSaysWhatIsMissing() throws Exception {
        AgentRig node = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB");
        rig = node;
        await().until(() -> Files.exists(node.translatedPodResources()));

        assertThatThrownBy(() -> monitor(node).list(ListPodResourcesRequest.getDefaultInstance()))
                .hasMessageContaining("UNAVAILABLE")
                .hasMessageContaining("pr.sock does not exist");
        assertThatThrownBy(
                        () -> monitor(node).getAllocatableResources(AllocatableResourcesRequest.getDefaultInstance()))
                .hasMessageContaining("UNAVAILABLE");
    }

    @Test
    void theSocketGoesWithTheAgent() throws Exception {
        AgentRig node = start(MachineSpec.of("NVIDIA A100-SXM4-80GB"), GpuMode.MIG);
        node.stopAgent();

        assertThat(node.translatedPodResources()).doesNotExist();
    }
}
