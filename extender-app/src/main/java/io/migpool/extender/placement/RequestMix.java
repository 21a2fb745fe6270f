package io.migpool.extender.placement;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What pods ask for these days: every observed device counts, and counts less with every device observed after it. No
 * clock: forgetting goes by observations, after {@value #MEMORY} of them about a third of the weight is left.
 *
 * <p>Readers get immutable snapshots, replaced only after some observations more, so that what they derive can be kept for
 * a while. Equal observations give equal snapshots.
 */
public final class RequestMix {

    private static final int MEMORY = 500;
    private static final double KEPT = 1 - 1.0 / MEMORY;

    /** Different requests remembered; beyond it the least weighty one is forgotten. */
    private static final int MOST_KINDS = 64;

    /** Observations between snapshots: an eighth of all so far, at most this many. */
    private static final int LONGEST_PAUSE = 50;

    /** Guards everything but the published snapshot. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<SlotDemand, Double> weights = new HashMap<>();
    private final List<SlotDemand> order = new ArrayList<>();
    private long observed;
    private long publishAt = 1;
    private volatile ObservedRequests published = ObservedRequests.NONE;

    /** A pod was created that asks for this. To be called once for every pod. */
    public void observe(PodDemand pod) {
        lock.lock();
        try {
            pod.slots().forEach(slot -> observe(new SlotDemand(slot.memory(), slot.cores(), List.of())));
            if (observed >= publishAt) {
                published = new ObservedRequests(order.stream()
                        .map(kind -> new ObservedRequests.Share(kind, weight(kind)))
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
        if (weights.merge(kind, 1.0, Double::sum) == 1.0) {
            order.add(kind);
        }
        if (order.size() > MOST_KINDS) {
            forgetLightest(kind);
        }
    }

    private void forgetLightest(SlotDemand except) {
        SlotDemand lightest = except;
        double least = Double.MAX_VALUE;
        for (SlotDemand kind : order) {
            if (!kind.equals(except) && weight(kind) < least) {
                least = weight(kind);
                lightest = kind;
            }
        }
        weights.remove(lightest);
        order.remove(lightest);
    }

    private double weight(SlotDemand kind) {
        return weights.getOrDefault(kind, 0.0);
    }

    /** What was observed up to a little while ago. */
    public ObservedRequests snapshot() {
        return published;
    }
}
