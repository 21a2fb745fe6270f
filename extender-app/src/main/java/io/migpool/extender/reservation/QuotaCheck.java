package io.migpool.extender.reservation;

import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Compares what a plan gives a pod with what its namespace's quota leaves. Within a decision, the holds it reads cannot change. */
final class QuotaCheck {

    private final ClusterView cluster;
    private final HoldBook book;

    QuotaCheck(ClusterView cluster, HoldBook book) {
        this.cluster = cluster;
        this.book = book;
    }

    /** Returns the same ranking within the quota: a plan that would exceed it is replaced, or the node is refused. */
    Ranking within(Ranking ranking, PodKey pod, Predicate<Hold> counted) {
        return ranking.anyFits()
                ? left(pod, counted, Set.of())
                        .map(left -> ranking.within(left::covers, left::refusal))
                        .orElse(ranking)
                : ranking;
    }

    /**
     * Returns the same outcome within the quota: another plan on the node if this one would exceed it, or a refusal.
     *
     * @param without UIDs of bound pods that would be gone
     */
    PlanOutcome within(PlanOutcome outcome, PodKey pod, Predicate<Hold> counted, Set<String> without) {
        return outcome instanceof PlanOutcome.Fits fits
                ? left(pod, counted, without)
                        .map(left -> fits.within(left::covers, left::refusal))
                        .orElse(fits)
                : outcome;
    }

    /** Returns which charges the namespace may have too. */
    Predicate<Charge> covering(PodKey pod, Predicate<Hold> counted) {
        return left(pod, counted, Set.of())
                .<Predicate<Charge>>map(left -> left::covers)
                .orElse(charge -> true);
    }

    /** Returns whether the namespace may have this plan too. */
    boolean covers(Plan plan, PodKey pod, Predicate<Hold> counted) {
        return left(pod, counted, Set.of())
                .map(left -> left.covers(plan.charge()))
                .orElse(true);
    }

    /** The part of a quota that is left to one pod. */
    private static final class Left {

        private final String namespace;
        private final GpuQuota quota;
        private final Charge used;

        /** Cached, as most nodes would charge the same, and thousands may be refused at once. */
        private final Map<Charge, Reason> refusals = new HashMap<>();

        Left(String namespace, GpuQuota quota, Charge used) {
            this.namespace = namespace;
            this.quota = quota;
            this.used = used;
        }

        boolean covers(Charge wanted) {
            return quota.covers(used.plus(wanted), wanted);
        }

        Reason refusal(Charge wanted) {
            return refusals.computeIfAbsent(
                    wanted, charge -> Reasons.quota(namespace, quota.memoryMiB(), quota.cores(), used, charge));
        }
    }

    /** Returns what the quota leaves; empty if nothing is limited. */
    private Optional<Left> left(PodKey pod, Predicate<Hold> counted, Set<String> without) {
        if (cluster.quota(pod.namespace()).isEmpty()) {
            return Optional.empty();
        }
        Charge held = held(pod, counted);
        return cluster.quota(pod.namespace())
                .map(quota -> new Left(
                        pod.namespace(), quota, quota.used().plus(held).minus(charge(pod.namespace(), without))));
    }

    /** Must be read before the quota, so that a pod that becomes bound in between is counted at least once. */
    private Charge held(PodKey pod, Predicate<Hold> counted) {
        Charge held = Charge.NONE;
        for (Hold hold : book.all()) {
            boolean ofNamespace = hold.pod().namespace().equals(pod.namespace())
                    && !hold.pod().uid().equals(pod.uid());
            if (ofNamespace && cluster.nodeOf(hold.pod().uid()).isEmpty() && counted.test(hold)) {
                held = held.plus(hold.plan().charge());
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
