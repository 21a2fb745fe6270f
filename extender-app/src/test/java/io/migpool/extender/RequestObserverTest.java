package io.migpool.extender;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.observe.PodEvents;
import io.migpool.extender.placement.Fragmentation;
import io.migpool.extender.placement.RequestMix;
import io.migpool.extender.pool.BoardState;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigRules;
import io.migpool.runtime.event.EventRecorder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of whole-GPU pods decides whether they count as requests for full-size instances. */
class RequestObserverTest {

    private static final MigBoard BOARD = new MigBoard(Boards.a10080("a", 0), MigRules.UNRESTRICTED);
    private static final InstantSource NEVER = InstantSource.fixed(Instant.EPOCH);

    private final RequestMix mix = new RequestMix();
    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
    private final EventRecorder recorder = new EventRecorder((notice, at) -> {}, NEVER, NEVER);

    @BeforeEach
    void observe() {
        state.addListener(new RequestObserver(mix, new PodEvents(recorder)));
    }

    @AfterEach
    void close() {
        recorder.close();
    }

    private static Pod whole(int number) {
        return KubernetesObjects.pod("whole-" + number, "gpu", "1", "gpumem-percentage", "100");
    }

    private static Pod bound(int number, List<MigAllocation> instances) {
        AllocatedDevice device = new AllocatedDevice("a", AllocatedDevice.NVIDIA, 81_920, 100);
        return KubernetesObjects.bound(
                whole(number),
                new Reservation("n", Instant.ofEpochSecond(1), new PodDevices(List.of(List.of(device))), instances));
    }

    private static Pod onInstance(int number) {
        return bound(
                number, List.of(new MigAllocation(0, 0, "a", MigProfile.parse("7g.80gb"), new Placement(0, 8), null)));
    }

    private static Pod onWholeGpu(int number) {
        return bound(number, List.of());
    }

    /** Returns the worth of an empty GPU, which depends on the requests that count. */
    private static long worth(RequestMix mix) {
        return new Fragmentation(mix).scores().of(BOARD).worth(BoardState.EMPTY);
    }

    private static long worthIfAllCount(int pods) {
        RequestMix mix = new RequestMix();
        for (int i = 0; i < pods; i++) {
            mix.observe(Demands.percent(100));
        }
        return worth(mix);
    }

    @Test
    void podsThatGetWholeGpusDoNotCountAsRequestsForInstances() {
        for (int i = 0; i < 200; i++) {
            state.podChanged(whole(i));
            state.podChanged(onWholeGpu(i));
            state.podChanged(onWholeGpu(i));
        }

        assertThat(Math.abs(worth(mix) - worth(new RequestMix())))
                .as("as if there were no requests")
                .isLessThan(Math.abs(worth(mix) - worthIfAllCount(200)) / 4);
    }

    @Test
    void podsThatGetFullSizeInstancesCount() {
        for (int i = 0; i < 200; i++) {
            state.podChanged(whole(i));
            state.podChanged(onInstance(i));
        }

        assertThat(worth(mix)).isEqualTo(worthIfAllCount(200));
    }

    @Test
    void whatAPodWasGivenCountsOnceHoweverOftenItIsReported() {
        for (int i = 0; i < 200; i++) {
            state.podChanged(whole(i));
            state.podChanged(i < 100 ? onWholeGpu(i) : onInstance(i));
        }
        RequestMix once = new RequestMix();
        for (int i = 0; i < 200; i++) {
            once.observe(Demands.percent(100));
            once.placed(Demands.percent(100), i >= 100);
        }
        assertThat(worth(mix)).isEqualTo(worth(once));
        for (int i = 0; i < 1000; i++) {
            state.podChanged(onWholeGpu(1));
        }
        for (int i = 200; i < 300; i++) {
            state.podChanged(KubernetesObjects.pod("small-" + i, "gpu", "1", "gpumem", "8000"));
            once.observe(Demands.mib(8000));
        }

        assertThat(worth(mix)).isEqualTo(worth(once));
    }
}
