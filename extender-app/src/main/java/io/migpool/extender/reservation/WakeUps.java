package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodKey;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Makes the scheduler try pods again that were refused and would fit by now, if it has not done so by itself. To be called
 * about once a second; a call costs next to nothing while nothing changes.
 */
public final class WakeUps {

    /** For one call: each is a request to the API server. */
    private static final int MOST = 10;

    private final WaitingPods waiting;
    private final Filter filter;
    private final ClusterView cluster;
    private final WakeUpPort port;
    private final InstantSource clock;

    public WakeUps(WaitingPods waiting, Filter filter, ClusterView cluster, WakeUpPort port, InstantSource clock) {
        this.waiting = waiting;
        this.filter = filter;
        this.cluster = cluster;
        this.port = port;
        this.clock = clock;
    }

    /** Where the scheduler is told. */
    public interface WakeUpPort {

        /** Changes something about the pod that makes its scheduler try it again. Failures are the port's concern. */
        void wake(PodKey pod, Instant now);
    }

    /** Looks at the pods that wait, and wakes those for which there is room. */
    public void round() {
        Instant now = clock.instant();
        long version = cluster.version();
        int woken = 0;
        for (WaitingPods.Waiting pod : waiting.due(now, version)) {
            if (!filter.hasRoom(pod)) {
                waiting.stillWithoutRoom(pod, version);
            } else if (woken < MOST) {
                woken++;
                port.wake(pod.pod(), now);
                waiting.woken(pod, now);
            }
        }
    }
}
