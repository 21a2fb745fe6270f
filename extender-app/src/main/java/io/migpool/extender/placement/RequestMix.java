package io.migpool.extender.placement;

import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.SlotDemand;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The mix of recent requests: every observed device counts, and counts less with every device observed after it. No
 * clock: forgetting goes by observations, after {@value #MEMORY} of them about a third of the weight is left.
 *
 * <p>Readers get immutable snapshots, replaced only after several more observations, so that what they derive can be cached for
 * a while. Equal observations give equal snapshots.
 */
public final class RequestMix {

    private static final int MEMORY = 500;
    private static final double KEPT = 1 - 1.0 / MEMORY;

    /** Distinct requests remembered; beyond this the one with the least weight is forgotten. */
    private static final int MOST_KINDS = 64;

    /** The most devices of one kind that count per pod, so that a single pod cannot displace everything else. */
    private static final int MOST_OF_A_POD = 16;

    /** The most observations between snapshots, which otherwise come after an eighth of all so far. */
    private static final int LONGEST_PAUSE = 50;

    /** Guards everything but the published snapshot. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Ordered by when they were first seen. */
    private final Map<SlotDemand, Double> weights = new LinkedHashMap<>();

    private long observed;
    private long publishAt = 1;
    private volatile ObservedRequests published = ObservedRequests.NONE;

    /** Records that a pod was created with this demand. To be called once for every pod. */
    public void observe(PodDemand pod) {
        lock.lock();
        try {
            Map<SlotDemand, Integer> times = new HashMap<>();
            for (SlotDemand slot : pod.slots()) {
                SlotDemand kind = new SlotDemand(slot.memory(), slot.cores(), slot.cores(), List.of(), Set.of(), false);
                if (times.merge(kind, 1, Integer::sum) <= MOST_OF_A_POD) {
                    observe(kind);
                }
            }
            if (observed >= publishAt) {
                published = new ObservedRequests(weights.entrySet().stream()
                        .map(kind -> new ObservedRequests.Share(kind.getKey(), kind.getValue()))
                        .toList());
                publishAt = observed + Math.clamp(observed / 8, 1, LONGEST_PAUSE);
            }
        } finally {
            lock.unlock();
        }
    }

    private void observe(SlotDemand kind) {
        observed++;
        weights.replaceAll((any, weight) -> weight * KEPT);
        weights.merge(kind, 1.0, Double::sum);
        if (weights.size() > MOST_KINDS) {
            forgetLightest(kind);
        }
    }

    private void forgetLightest(SlotDemand except) {
        weights.entrySet().stream()
                .filter(kind -> !kind.getKey().equals(except))
                .min(Map.Entry.comparingByValue())
                .ifPresent(lightest -> weights.remove(lightest.getKey()));
    }

    /** Returns what was observed up to a short while ago. */
    public ObservedRequests snapshot() {
        return published;
    }
}
