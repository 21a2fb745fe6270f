package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;

/** Notified of container starts, for the log, traces and Events; once for each start. */
public interface StartObserver {

    /** Ignores everything. */
    StartObserver NONE = new StartObserver() {
        @Override
        public void unknown(NavigableSet<String> slots, PreparationException why) {}

        @Override
        public void refused(Events.PodRef pod, Duration took, PreparationException why) {}

        @Override
        public void cut(PodClaim claim, Duration took) {}

        @Override
        public void started(
                PodClaim claim,
                Duration took,
                boolean first,
                List<ClaimedDevice> devices,
                Map<Slice, MigRuntime> runtimes) {}
    };

    /** A container cannot start, and its pod is unknown. */
    void unknown(NavigableSet<String> slots, PreparationException why);

    /** A container of this pod cannot start, after this time. */
    void refused(Events.PodRef pod, Duration took, PreparationException why);

    /** All instances of the pod exist, after this time. */
    void cut(PodClaim claim, Duration took);

    /**
     * A container may start.
     *
     * @param claim its pod's claim
     * @param took the time it took
     * @param first whether it is the first container of its pod
     * @param devices what the container gets
     * @param runtimes identities of the pod's instances
     */
    void started(
            PodClaim claim, Duration took, boolean first, List<ClaimedDevice> devices, Map<Slice, MigRuntime> runtimes);
}
