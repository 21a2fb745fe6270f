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

/** Told about the starts of containers, for the log, traces and Events; each start is told once. */
public interface StartObserver {

    /** Tells nobody. */
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

    /** A container cannot start, and it is not known whose it is. */
    void unknown(NavigableSet<String> slots, PreparationException why);

    /** A container of that pod cannot start; that took so long. */
    void refused(Events.PodRef pod, Duration took, PreparationException why);

    /** All instances of the pod exist; cutting them took so long. */
    void cut(PodClaim claim, Duration took);

    /**
     * A container may start.
     *
     * @param claim what its pod holds
     * @param took how long it took
     * @param first whether it is the first container of its pod
     * @param devices what the container gets
     * @param runtimes identities of the pod's instances
     */
    void started(
            PodClaim claim, Duration took, boolean first, List<ClaimedDevice> devices, Map<Slice, MigRuntime> runtimes);
}
