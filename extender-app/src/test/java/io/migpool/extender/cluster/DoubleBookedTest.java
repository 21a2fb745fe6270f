package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pods that another process bound to what other pods have. */
class DoubleBookedTest {

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);

    @BeforeEach
    void aNode() {
        state.nodeChanged(KubernetesObjects.node("n", Boards.a10080("a", 0), Boards.a10080("b", 1)));
    }

    @Test
    void podsWithTheSameUnitsOfAGpuAreCountedUntilOneIsGone() {
        state.podChanged(bound("large", "a", "3g.40gb", new Placement(0, 4)));
        state.podChanged(bound("beside", "a", "1g.10gb", new Placement(4, 1)));
        state.podChanged(bound("elsewhere", "b", "3g.40gb", new Placement(0, 4)));
        assertThat(state.doubleBooked()).isZero();

        state.podChanged(bound("within", "a", "1g.10gb", new Placement(2, 1)));
        assertThat(state.doubleBooked()).isEqualTo(2);
        state.podChanged(bound("also", "a", "1g.10gb", new Placement(3, 1)));
        assertThat(state.doubleBooked()).isEqualTo(3);

        state.podGone("uid-large");
        assertThat(state.doubleBooked()).isZero();
    }

    @Test
    void neitherAPodThatTheNodeMovesNorPodsOfANodeThatIsGoneAreCounted() {
        state.podChanged(bound("first", "a", "1g.10gb", new Placement(2, 1)));
        state.podChanged(bound("second", "a", "1g.10gb", new Placement(2, 1)));
        assertThat(state.doubleBooked()).isEqualTo(2);

        state.podChanged(bound("second", "a", "1g.10gb", new Placement(3, 1)));
        assertThat(state.doubleBooked()).isZero();

        state.podChanged(bound("second", "a", "1g.10gb", new Placement(2, 1)));
        state.nodeGone("n");
        assertThat(state.doubleBooked()).isZero();
    }

    private static Pod bound(String name, String gpu, String profile, Placement placement) {
        return KubernetesObjects.bound(
                KubernetesObjects.pod(name, "gpu", "1", "gpumem", "8000"),
                new Reservation(
                        "n",
                        Instant.ofEpochSecond(1),
                        new PodDevices(List.of(List.of(new AllocatedDevice(gpu, AllocatedDevice.NVIDIA, 9728, 15)))),
                        List.of(new MigAllocation(0, 0, gpu, MigProfile.parse(profile), placement, null))));
    }
}
