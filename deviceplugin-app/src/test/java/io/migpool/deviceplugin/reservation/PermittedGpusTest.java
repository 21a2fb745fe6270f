package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GPUs 0 and 1 belong to one NUMA node, 2 and 3 to another. */
class PermittedGpusTest {

    private static final List<GpuInventory> GPUS = List.of(gpu(0, 0), gpu(1, 0), gpu(2, 1), gpu(3, 1));

    private final Slice blocked = on(0);

    @Test
    void aPodThatSaysNothingMayLieAnywhere() {
        assertThat(permitted(Map.of(), List.of(on(1)), container(blocked, on(0, 1))))
                .containsExactly("GPU-0", "GPU-1", "GPU-2", "GPU-3");
    }

    @ParameterizedTest
    @CsvSource({
        "nvidia.com/use-gpuuuid, 'GPU-2, GPU-3', 'GPU-2,GPU-3'",
        "nvidia.com/nouse-gpuuuid, 'GPU-2,', 'GPU-0,GPU-1,GPU-3'",
        "nvidia.com/nouse-gputype, a100, ''",
        "nvidia.com/vgpu-mode, hami-core, ''"
    })
    void whatItSaysOfSingleGpusHolds(String annotation, String value, String expected) {
        assertThat(String.join(",", permitted(Map.of(annotation, value), List.of(), container(blocked))))
                .isEqualTo(expected);
    }

    @Test
    void devicesThatAreToBeSpreadDoNotMeet() {
        assertThat(permitted(
                        Map.of(Annotations.SPREAD_DEVICES, "true"), List.of(), container(blocked), container(on(1))))
                .containsExactly("GPU-0", "GPU-2", "GPU-3");
    }

    @Test
    void anInitContainerOnTheSameInstanceIsNoSecondDevice() {
        assertThat(permitted(
                        Map.of(Annotations.SPREAD_DEVICES, "true"), List.of(), container(blocked), container(blocked)))
                .hasSize(4);
    }

    @Test
    void theDevicesOfAContainerStayOnOneNumaNode() {
        assertThat(permitted(
                        Map.of(Annotations.NUMA_BIND, "true"), List.of(), container(blocked, on(1)), container(on(2))))
                .containsExactly("GPU-0", "GPU-1");
        assertThat(permitted(Map.of(Annotations.NUMA_BIND, "true"), List.of(), container(blocked), container(on(2))))
                .hasSize(4);
    }

    @Test
    void besideAGpuThatIsNotOfferedAnyMoreNoNumaNodeIsRight() {
        Slice left = new Slice("GPU-9", blocked.profile(), blocked.placement());

        assertThat(permitted(Map.of(Annotations.NUMA_BIND, "true"), List.of(), container(blocked, left)))
                .isEmpty();
    }

    @Test
    void aPodThatWantsToBeAloneIsNotMovedToOthers() {
        assertThat(permitted(
                        Map.of(Annotations.GPU_SCHEDULER_POLICY, "mutex,binpack"),
                        List.of(on(0, 1), on(2)),
                        container(blocked, on(1))))
                .containsExactly("GPU-1", "GPU-3");
    }

    @Test
    void aPodThatWantsToBeAloneIsNotMovedBesideInstancesThatNoPodCanHave() {
        List<GpuInventory> gpus = List.of(gpu(0, 0, new Placement(0, 4)), gpu(1, 0));

        assertThat(permitted(gpus, Map.of(Annotations.GPU_SCHEDULER_POLICY, "mutex"), List.of(), container(blocked)))
                .containsExactly("GPU-1");
        assertThat(permitted(gpus, Map.of(), List.of(), container(blocked))).containsExactly("GPU-0", "GPU-1");
    }

    private List<String> permitted(Map<String, String> said, List<Slice> others, ContainerClaim... containers) {
        return permitted(GPUS, said, others, containers);
    }

    private List<String> permitted(
            List<GpuInventory> gpus, Map<String, String> said, List<Slice> others, ContainerClaim... containers) {
        PodClaim claim = new PodClaim("uid", "default", "pod", List.of(containers));
        return gpus.stream()
                .filter(PermittedGpus.of(said, claim, blocked, others, gpus))
                .map(GpuInventory::uuid)
                .toList();
    }

    private static ContainerClaim container(Slice... slices) {
        return new ContainerClaim(
                "main",
                0,
                false,
                true,
                Arrays.stream(slices).<ClaimedDevice>map(ClaimedDevice.Mig::new).toList());
    }

    private static Slice on(int gpu) {
        return on(gpu, 0);
    }

    private static Slice on(int gpu, int start) {
        return new Slice("GPU-" + gpu, MigProfile.parse("1g.10gb"), new Placement(start, 1));
    }

    private static GpuInventory gpu(int index, int numaNode, Placement... taken) {
        return new GpuInventory(
                "GPU-" + index,
                index,
                7,
                81_920,
                100,
                "NVIDIA A100-SXM4-80GB",
                numaNode,
                GpuMode.MIG,
                List.of(),
                true,
                List.of(taken),
                List.of());
    }
}
