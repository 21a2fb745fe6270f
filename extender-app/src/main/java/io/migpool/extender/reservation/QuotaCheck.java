package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Charge;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Reason;
import io.migpool.extender.placement.Reasons;
import java.util.Optional;
import java.util.Set;
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
        if (!ranking.anyFits() || cluster.quota(pod.namespace()).isEmpty()) {
            return ranking;
        }
        Charge held = held(pod, counted);
        return cluster.quota(pod.namespace())
                .map(quota -> ranking.refusing(
                        fit -> exceeded(quota, quota.used().plus(held), Charge.of(fit.plan(), demand), pod)))
                .orElse(ranking);
    }

    /** Why the namespace may not have this plan too, or empty. */
    Optional<Reason> exceeded(Plan plan, PodDemand demand, PodKey pod, Predicate<Hold> counted) {
        return exceeded(plan, demand, pod, counted, Set.of());
    }

    /**
     * Why the namespace may not have this plan too, or empty.
     *
     * @param without UIDs of bound pods that would be gone
     */
    Optional<Reason> exceeded(Plan plan, PodDemand demand, PodKey pod, Predicate<Hold> counted, Set<String> without) {
        Charge held = held(pod, counted);
        return cluster.quota(pod.namespace())
                .flatMap(quota -> exceeded(
                        quota,
                        quota.used().plus(held).minus(charge(pod.namespace(), without)),
                        Charge.of(plan, demand),
                        pod));
    }

    private static Optional<Reason> exceeded(GpuQuota quota, Charge used, Charge wanted, PodKey pod) {
        return quota.covers(used.plus(wanted), wanted)
                ? Optional.empty()
                : Optional.of(Reasons.quota(pod.namespace(), quota.memoryMiB(), quota.cores(), used, wanted));
    }

    /** To be asked before the quota, so that a pod that becomes bound in between is counted at least once. */
    private Charge held(PodKey pod, Predicate<Hold> counted) {
        Charge held = Charge.NONE;
        for (Hold hold : book.all()) {
            boolean ofNamespace = hold.pod().namespace().equals(pod.namespace())
                    && !hold.pod().uid().equals(pod.uid());
            boolean bound = cluster.pod(hold.pod().uid())
                    .filter(entry -> entry.boundTo() != null)
                    .isPresent();
            if (ofNamespace && !bound && counted.test(hold)) {
                held = held.plus(Charge.of(hold.plan(), hold.demand()));
            }
        }
        return held;
    }

    private Charge charge(String namespace, Set<String> bound) {
        Charge charge = Charge.NONE;
        for (String uid : bound) {
            PodEntry entry = cluster.pod(uid).orElse(null);
            if (entry != null
                    && entry.key().namespace().equals(namespace)
                    && entry.reservation() != null
                    && entry.demand() != null) {
                charge = charge.plus(
                        Charge.of(entry.reservation(), entry.demand().request()));
            }
        }
        return charge;
    }
}
