package io.migpool.deviceplugin.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.sharing.SharedRegion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What belongs to which device of a container. */
class NodeUsageTest {

    private static final long MIB = 1 << 20;

    private static SharedRegion region(long bytes, String... gpus) {
        return new SharedRegion(
                List.of(gpus).stream()
                        .map(gpu -> new SharedRegion.Device(gpu, 0, new SharedRegion.Use(0, 0, 0, 0, bytes, 0)))
                        .toList(),
                OptionalLong.empty());
    }

    private static ContainerClaim container(int index, String... gpus) {
        return new ContainerClaim(
                "container-" + index,
                index,
                false,
                true,
                List.of(gpus).stream()
                        .<ClaimedDevice>map(gpu -> new ClaimedDevice.Shared(gpu, 1000, 10))
                        .toList());
    }

    @Test
    void twoSharesOfOneGpuAreOneDeviceInTheContainerSoThatItsUseCountsOnce() {
        PodClaim pod = new PodClaim(
                "uid", "default", "llm", List.of(container(0, "GPU-b", "GPU-a", "GPU-b"), container(1, "GPU-b")));

        NodeUsage usage = NodeUsage.of(
                List.of(),
                Map.of(),
                List.of(),
                List.of(pod),
                (_, container) -> container.index() == 0
                        ? Optional.of(region(7, "GPU-a", "GPU-b"))
                        : Optional.of(region(9, "GPU-b")));

        assertThat(usage.containers())
                .extracting(
                        NodeUsage.ContainerDevice::container,
                        NodeUsage.ContainerDevice::gpuUuid,
                        NodeUsage.ContainerDevice::limitBytes,
                        device -> device.sharing().map(sharing -> sharing.use().totalBytes()))
                .containsExactly(
                        tuple("container-0", "GPU-b", 1000 * MIB, Optional.of(7L)),
                        tuple("container-0", "GPU-a", 1000 * MIB, Optional.of(7L)),
                        tuple("container-0", "GPU-b", 1000 * MIB, Optional.empty()),
                        tuple("container-1", "GPU-b", 1000 * MIB, Optional.of(9L)));
    }

    @Test
    void whatAContainerSaysAboutGpusThatItWasNotGivenIsNobodysUse() {
        PodClaim pod = new PodClaim("uid", "default", "llm", List.of(container(0, "GPU-a")));

        NodeUsage usage =
                NodeUsage.of(List.of(), Map.of(), List.of(), List.of(pod), (_, _) -> Optional.of(region(7, "GPU-b")));

        assertThat(usage.containers()).singleElement().satisfies(device -> assertThat(device.sharing())
                .isEmpty());
    }
}
