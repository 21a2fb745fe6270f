package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.pool.PodDemand;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The preempt verb: keeps those of the nodes where the scheduler would evict on which the pod would then fit
 * and its namespace's quota allows it. None of them if nobody need be evicted: the scheduler sees that a pod has gone before the
 * extender does, and may ask about others on the strength of a refusal that came a moment too early.
 */
public final class Preemption {

    /** The scheduler asks about victims in the same attempt in which filter refused the pod. */
    private static final Duration SAME_ATTEMPT = Duration.ofSeconds(2);

    private final SchedulingContext context;
    private final ClusterView cluster;
    private final HoldBook book;
    private final QuotaCheck quota;
    private final WaitingPods waiting;
    private final Filter filter;

    public Preemption(SchedulingContext context, WaitingPods waiting, Filter filter) {
        this.context = context;
        this.cluster = context.cluster();
        this.book = context.book();
        this.waiting = waiting;
        this.filter = filter;
        this.quota = context.newQuotaCheck();
    }

    /**
     * Returns the nodes to keep.
     *
     * @param pod the pod that others would make room for
     * @param victims UIDs of the victims by node
     */
    public Set<String> nodesThatHelp(Pod pod, Map<String, Set<String>> victims) {
        if (!cluster.knowsSettings()) {
            return Set.of();
        }
        return switch (cluster.requestOf(pod)) {
            case RequestOutcome.NoRequest() -> new TreeSet<>(victims.keySet());
            case RequestOutcome.Rejected rejected -> Set.of();
            // Filter would refuse the pod there too, and the victims would have been evicted for nothing.
            case RequestOutcome.Accepted(PodGpuRequest request) when !request.namesEveryCount() -> Set.of();
            case RequestOutcome.Accepted(PodGpuRequest request) ->
                cluster.synced()
                        ? helping(PodKey.of(pod.getMetadata()), cluster.demandOf(pod, request), victims)
                        : Set.of();
        };
    }

    private Set<String> helping(PodKey pod, PodDemand demand, Map<String, Set<String>> victims) {
        Set<String> helping = new TreeSet<>();
        if (fitsByNow(pod, demand)) {
            return helping;
        }
        victims.forEach((node, uids) -> {
            if (book.decide(() -> helps(pod, demand, node, uids))) {
                helping.add(node);
            }
        });
        return helping;
    }

    /** Returns whether a node takes the pod that did not when filter was asked about it in this attempt. */
    private boolean fitsByNow(PodKey pod, PodDemand demand) {
        return waiting.refusedWithin(SAME_ATTEMPT, pod.uid(), context.clock().instant())
                .filter(refusal -> refusal.version() != book.version())
                .map(refusal -> filter.room(pod, demand, refusal.nodes()))
                .filter(RoomSearchResult.Free.class::isInstance)
                .isPresent();
    }

    private boolean helps(PodKey pod, PodDemand demand, String node, Set<String> victims) {
        Predicate<Hold> staying = context.notLapsed()
                .and(hold -> !hold.pod().uid().equals(pod.uid())
                        && !victims.contains(hold.pod().uid()));
        return book.node(node, staying, () -> cluster.nodeWithout(node, victims))
                .map(view -> context.planner().plan(demand, view))
                .map(outcome -> quota.within(outcome, pod, staying, victims))
                .filter(PlanOutcome.Fits.class::isInstance)
                .isPresent();
    }
}
