package io.migpool.extender.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.DeviceSettings;
import io.migpool.extender.KubernetesObjects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The version of the cluster, by which waiting pods are looked at again. */
class VersionTest {

    private static final int PODS = 50_000;

    private final ClusterState state = new ClusterState(DeviceSettings.DEFAULT);

    /** A pod that is reported next, and the version before. */
    private record Arrival(String uid, long before) {}

    private static final Arrival END = new Arrival("end", Long.MAX_VALUE);

    @Test
    void aNewVersionIsNotSeenBeforeThePodThatMadeIt() {
        AtomicReference<Arrival> latest = new AtomicReference<>(new Arrival("", Long.MAX_VALUE));
        CompletableFuture<Integer> early = CompletableFuture.supplyAsync(() -> countEarlyVersions(latest));
        for (int i = 0; i < PODS; i++) {
            latest.set(new Arrival("uid-p" + i, state.version()));
            state.podChanged(KubernetesObjects.pod("p" + i, "gpu", "1"));
        }
        latest.set(END);
        assertThat(early.join()).isZero();
    }

    private int countEarlyVersions(AtomicReference<Arrival> latest) {
        int early = 0;
        for (Arrival arrival = latest.get(); !arrival.equals(END); arrival = latest.get()) {
            boolean isNew = state.version() > arrival.before();
            if (isNew && state.pod(arrival.uid()).isEmpty()) {
                early++;
            }
        }
        return early;
    }
}
