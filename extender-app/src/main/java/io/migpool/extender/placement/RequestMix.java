package io.migpool.extender.placement;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.SlotDemand;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The mix of recent requests for instances: every observed device counts, and counts less with every device observed
 * after it. No clock: forgetting goes by observations, after {@value #MEMORY} of them about a third of the weight is left.
 *
 * <p>Devices that {@linkplain SlotDemand#prefersShares are better served} by GPUs that are not partitioned ask for instances
 * only where those are absent or full. They count as far as devices of their kind have lately been given instances; in
 * full until one has been placed. Pods that accept no instances do not count.
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
    private final Map<Kind, Weight> weights = new LinkedHashMap<>();

    private long observed;
    private long publishAt = 1;
    private volatile ObservedRequests published = ObservedRequests.NONE;

    /**
     * A kind of request.
     *
     * @param request what is asked for
     * @param prefersShares whether a GPU that is not partitioned is taken where one is free
     */
    private record Kind(SlotDemand request, boolean prefersShares) {}

    /**
     * What is remembered of a kind, faded.
     *
     * @param asked devices asked for
     * @param onInstances devices that were given instances
     * @param onShares devices that were given GPUs that are not partitioned
     */
    private record Weight(double asked, double onInstances, double onShares) {

        static final Weight ASKED = new Weight(1, 0, 0);
        static final Weight ON_INSTANCE = new Weight(0, 1, 0);
        static final Weight ON_SHARE = new Weight(0, 0, 1);

        Weight plus(Weight other) {
            return new Weight(asked + other.asked, onInstances + other.onInstances, onShares + other.onShares);
        }

        Weight faded() {
            return new Weight(asked * KEPT, onInstances * KEPT, onShares * KEPT);
        }

        /** Returns the devices that will have asked for instances, by what became of the earlier ones. */
        double forInstances() {
            return asked * (1 + onInstances) / (1 + onInstances + onShares);
        }
    }

    /** Records that a pod was created with this demand. To be called once for every pod. */
    public void observe(PodDemand pod) {
        if (!acceptsInstances(pod)) {
            return;
        }
        lock.lock();
        try {
            forEachKind(pod, this::observe);
            if (observed >= publishAt) {
                published = new ObservedRequests(weights.entrySet().stream()
                        .map(kind -> new ObservedRequests.Share(
                                kind.getKey().request(), kind.getValue().forInstances()))
                        .toList());
                publishAt = observed + Math.clamp(observed / 8, 1, LONGEST_PAUSE);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Records where an observed pod was placed. To be called once for every pod that has a reservation.
     *
     * @param onInstances whether it was given any instance
     */
    public void placed(PodDemand pod, boolean onInstances) {
        if (!acceptsInstances(pod) || !pod.slots().stream().allMatch(SlotDemand::prefersShares)) {
            // Of a pod that prefers shares in part, it is not known which devices are instances; few pods are like
            // that.
            return;
        }
        lock.lock();
        try {
            Weight placed = onInstances ? Weight.ON_INSTANCE : Weight.ON_SHARE;
            forEachKind(pod, kind -> weights.computeIfPresent(kind, (any, weight) -> weight.plus(placed)));
        } finally {
            lock.unlock();
        }
    }

    private static boolean acceptsInstances(PodDemand pod) {
        return GpuMode.MIG.isAcceptedBy(pod.constraints().modeText());
    }

    /** Calls for the kind of every device that counts. */
    private static void forEachKind(PodDemand pod, Consumer<Kind> action) {
        boolean chooses = GpuMode.HAMI_CORE.isAcceptedBy(pod.constraints().modeText());
        Map<Kind, Integer> times = new HashMap<>();
        for (SlotDemand slot : pod.slots()) {
            SlotDemand request = new SlotDemand(slot.memory(), slot.cores(), slot.cores(), List.of(), Set.of(), false);
            Kind kind = new Kind(request, chooses && slot.prefersShares());
            if (times.merge(kind, 1, Integer::sum) <= MOST_OF_A_POD) {
                action.accept(kind);
            }
        }
    }

    private void observe(Kind kind) {
        observed++;
        weights.replaceAll((any, weight) -> weight.faded());
        weights.merge(kind, Weight.ASKED, Weight::plus);
        if (weights.size() > MOST_KINDS) {
            forgetLightest(kind);
        }
    }

    private void forgetLightest(Kind except) {
        weights.entrySet().stream()
                .filter(kind -> !kind.getKey().equals(except))
                .min(Comparator.comparingDouble(kind -> kind.getValue().asked()))
                .ifPresent(lightest -> weights.remove(lightest.getKey()));
    }

    /** Returns what was observed up to a short while ago. */
    public ObservedRequests snapshot() {
        return published;
    }
}
