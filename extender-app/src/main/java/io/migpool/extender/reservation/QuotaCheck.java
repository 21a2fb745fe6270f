package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Charge;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Reason;
import io.migpool.extender.placement.Reasons;
import java.util.Optional;
import java.util.function.Predicate;

/** Compares what a plan would give a pod with what its namespace's quota leaves. Within a decision what it sees cannot change. */
final class QuotaCheck {

    private final ClusterView cluster;
    private final HoldBook book;

    QuotaCheck(ClusterView cluster, HoldBook book) {
        this.cluster = cluster;
        this.book = book;
    }

    /** The same ranking, with nodes refused where the plan would exceed the quota. */
    Ranking within(Ranking ranking, PodKey pod, PodDemand demand, Predicate<Hold> counted) {
        Optional<GpuQuota> quota = cluster.quota(pod.namespace());
        if (quota.isEmpty() || !ranking.anyFits()) {
            return ranking;
        }
        Charge used = used(quota.get(), pod, counted);
        return ranking.refusing(fit -> exceeded(quota.get(), used, Charge.of(fit.plan(), demand), pod));
    }

    /** Why the namespace may not have this plan too, or empty. */
    Optional<Reason> exceeded(Plan plan, PodDemand demand, PodKey pod, Predicate<Hold> counted) {
        return cluster.quota(pod.namespace())
                .flatMap(quota -> exceeded(quota, used(quota, pod, counted), Charge.of(plan, demand), pod));
    }

    private static Optional<Reason> exceeded(GpuQuota quota, Charge used, Charge wanted, PodKey pod) {
        return quota.covers(used.plus(wanted), wanted)
                ? Optional.empty()
                : Optional.of(Reasons.quota(pod.namespace(), quota.memoryMiB(), quota.cores(), used, wanted));
    }

    private Charge used(GpuQuota quota, PodKey pod, Predicate<Hold> counted) {
        Charge used = quota.used();
        for (Hold hold : book.all()) {
            boolean ofNamespace = hold.pod().namespace().equals(pod.namespace())
                    && !hold.pod().uid().equals(pod.uid());
            boolean bound = cluster.pod(hold.pod().uid())
                    .filter(entry -> entry.boundTo() != null)
                    .isPresent();
            if (ofNamespace && !bound && counted.test(hold)) {
                used = used.plus(Charge.of(hold.plan(), hold.demand()));
            }
        }
        return used;
    }
}
