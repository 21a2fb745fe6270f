package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.pool.GpuView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pods placed by HAMi before 2.10: only their node knows which instance they have. */
class OlderHamiPodTest {

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);

    @Test
    void anInstanceOfATemplateKeepsItsPlaceAndNotTheWholeGpu() {
        state.nodeChanged(KubernetesObjects.node("n", Boards.blocked(Boards.a10080("a", 0), new Placement(6, 1))));

        state.podChanged(placed("0-0"));

        assertThat(taken()).as("one of eight units").isEqualTo(125);
        assertThat(state.pod("uid-old").flatMap(state::occupancy))
                .hasValueSatisfying(pod -> assertThat(pod.text()).isEqualTo("an instance with 9728 MiB on a"));
        state.podGone("uid-old");
        assertThat(taken()).as("the instance is there as long as the node says").isEqualTo(125);
    }

    @Test
    void aShareWithoutATemplateOnAGpuThatIsCutKeepsAllOfIt() {
        state.nodeChanged(KubernetesObjects.node("n", Boards.a10080("a", 0)));

        state.podChanged(placed(null));

        assertThat(taken()).isEqualTo(1000);
    }

    @Test
    void anInstanceOfATemplateCountsWithItsMemoryOnAGpuThatIsSharedByNow() {
        state.nodeChanged(KubernetesObjects.node("n", Boards.shared("a", 0, 10, 97280)));

        state.podChanged(placed("0-0"));

        assertThat(taken()).isEqualTo(100);
    }

    private static Pod placed(@Nullable String template) {
        return KubernetesObjects.bound(
                KubernetesObjects.pod("old", "gpu", "1", "gpumem", "8000"),
                new Reservation(
                        "n",
                        Instant.ofEpochSecond(1),
                        new PodDevices(
                                List.of(List.of(new AllocatedDevice("a", AllocatedDevice.NVIDIA, 9728, 0, template)))),
                        List.of()));
    }

    private int taken() {
        return state.node("n").orElseThrow().gpus().stream()
                .mapToInt(GpuView::takenPermille)
                .sum();
    }
}
