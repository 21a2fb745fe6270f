package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.placement.Ranking;
import io.migpool.extender.placement.Rankings;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.Reasons;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The filter verb: finds the nodes that take a pod and holds the room on the best of them.
 *
 * <p>Room is looked for three times. With all holds counted; then without the promises that have lapsed, which are dropped
 * if this pod takes their room; last without all promises and bindings under way, only to determine whether the pod waits for
 * others' scheduling to end (retry soon) or for real room (refused).
 */
public final class Filter {

    private final SchedulingContext context;
    private final ClusterView cluster;
    private final HoldBook book;
    private final Planner planner;
    private final QuotaCheck quota;
    private final WaitingPods waiting;

    /** Used only within a decision. */
    private final Rankings rankings;

    public Filter(SchedulingContext context, WaitingPods waiting) {
        this.context = context;
        this.cluster = context.cluster();
        this.book = context.book();
        this.planner = context.planner();
        this.waiting = waiting;
        this.quota = context.newQuotaCheck();
        this.rankings = planner.rankings();
    }

    /** Returns the number of outcomes of planning that are remembered. */
    public int remembered() {
        return book.decide(rankings::remembered);
    }

    /** Decides among named nodes, and holds the room found. */
    public FilterOutcome filter(Pod pod, List<String> nodeNames) {
        PodKey key = PodKey.of(pod.getMetadata());
        FilterOutcome outcome = decide(
                pod,
                Candidates.named(nodeNames, cluster, book),
                (demand, candidates) -> remember(key, demand, candidates));
        if (outcome instanceof FilterOutcome.Refused(var refused, var closest)
                && !refused.isEmpty()
                && !isNominated(pod, nodeNames)) {
            context.observer().refused(key, closest, RefusalTexts.summary(refused, closest));
        }
        return outcome;
    }

    /** After preemption the scheduler asks about the nominated node alone first, and right after a refusal about all nodes. */
    private static boolean isNominated(Pod pod, List<String> nodeNames) {
        return Optional.ofNullable(pod.getStatus())
                .map(PodStatus::getNominatedNodeName)
                .filter(node -> !node.isEmpty())
                .map(node -> nodeNames.equals(List.of(node)))
                .orElse(false);
    }

    /** Decides, and remembers refusals that may end; requests that no cluster could serve do not get here. */
    private FilterOutcome remember(PodKey pod, PodDemand demand, Candidates candidates) {
        long version = book.version();
        FilterOutcome outcome = book.decide(() -> place(pod, demand, candidates));
        if (outcome instanceof FilterOutcome.Refused) {
            waiting.refused(
                    pod, candidates.knownNames(), version, context.clock().instant());
        } else {
            waiting.placed(pod.uid());
        }
        return outcome;
    }

    /** Returns the room for a waiting pod on these nodes now, as filter would find it. Nothing is held. */
    RoomSearchResult room(PodKey pod, PodDemand demand, List<String> nodes) {
        Candidates candidates = Candidates.named(nodes, cluster, book);
        return book.decide(
                () -> search(pod, demand, candidates, context.clock().instant()).room());
    }

    /**
     * Decides among nodes that are given in full and may not exist, as a simulation would ask. Nodes that exist are
     * taken as they are, the others as their annotations describe them. Nothing is held and no one is notified.
     */
    public FilterOutcome simulate(Pod pod, List<Node> nodes) {
        return decide(pod, Candidates.given(nodes, cluster, book), (demand, candidates) -> {
            PodKey key = PodKey.of(pod.getMetadata());
            Predicate<Hold> others = context.notLapsed().and(hold -> !hold.pod().equals(key));
            return book.decide(() -> {
                Candidates.Found found = candidates.with(others);
                Ranking ranking = quota.within(planner.rank(demand, found.views()), key, others);
                return ranking.anyFits()
                        ? new FilterOutcome.Placed(names(ranking.fits()), refusals(ranking, found))
                        : new FilterOutcome.Refused(refusals(ranking, found), closest(ranking));
            });
        });
    }

    private interface Decision {
        FilterOutcome decide(PodDemand demand, Candidates candidates);
    }

    private FilterOutcome decide(Pod pod, Candidates candidates, Decision decision) {
        if (!cluster.knowsSettings()) {
            return new FilterOutcome.Retry("the extender has not read its settings yet");
        }
        return switch (cluster.requestOf(pod)) {
            case RequestOutcome.NoRequest() -> new FilterOutcome.PassThrough();
            case RequestOutcome.Rejected rejected -> refuseAll(candidates, rejected.message());
            case RequestOutcome.Accepted(PodGpuRequest request) -> {
                if (!request.namesEveryCount()) {
                    yield refuseAll(candidates, RefusalTexts.countMissing(request));
                }
                yield cluster.synced()
                        ? decision.decide(cluster.demandOf(pod, request), candidates)
                        : new FilterOutcome.Retry("the extender has not read the whole cluster yet");
            }
        };
    }

    private static FilterOutcome refuseAll(Candidates candidates, String why) {
        Map<String, String> refused = new LinkedHashMap<>();
        candidates.names().forEach(name -> refused.put(name, why));
        return new FilterOutcome.Refused(refused, ReasonCode.MISUNDERSTOOD);
    }

    private FilterOutcome place(PodKey pod, PodDemand demand, Candidates candidates) {
        Optional<String> onItsWay = onItsWay(pod);
        if (onItsWay.isPresent()) {
            return new FilterOutcome.Retry(onItsWay.get());
        }
        Instant now = context.clock().instant();
        Optional<Instant> promised = book.of(pod.uid()).map(Hold::since);
        book.release(pod.uid());
        Search search = search(pod, demand, candidates, now);
        Map<String, String> refused = refusals(search.first(), search.found());
        return switch (search.room()) {
            case RoomSearchResult.Free(Ranking ranking, boolean overLapsed) -> {
                // A promise that every filter made younger would keep out others for as long as the pod fails later on.
                Hold hold = hold(pod, demand, ranking, overLapsed ? now : promised.orElse(now));
                if (overLapsed) {
                    ranking.fits().forEach(fit -> refused.remove(fit.node()));
                    book.releaseOverrun(hold.plan(), context.notLapsed(now));
                }
                yield new FilterOutcome.Placed(hold.ranking(), refused);
            }
            case RoomSearchResult.Held(String why) -> new FilterOutcome.Retry(why);
            case RoomSearchResult.None() -> new FilterOutcome.Refused(refused, closest(search.first()));
        };
    }

    /**
     * The result of looking for room.
     *
     * @param found the nodes
     * @param first which of them take the pod with all holds and the quota counted
     * @param room what that comes to
     */
    private record Search(Candidates.Found found, Ranking first, RoomSearchResult room) {}

    private Search search(PodKey pod, PodDemand demand, Candidates candidates, Instant now) {
        Predicate<Hold> fresh = context.notLapsed(now);
        Predicate<Hold> settled = hold -> hold.state() == Hold.State.COMMITTED;
        Candidates.Found found = candidates.withAllHolds();
        Ranking all = rankings.rank(demand, found.views());
        Ranking first = quota.within(all, pod, fresh);
        if (first.anyFits()) {
            return new Search(found, first, new RoomSearchResult.Free(first, false));
        }
        Ranking lapsed = planner.rankFreed(demand, candidates.freedBy(fresh), quota.covering(pod, fresh));
        Ranking withoutLapsed = quota.within(lapsed, pod, fresh);
        if (withoutLapsed.anyFits()) {
            return new Search(found, first, new RoomSearchResult.Free(withoutLapsed, true));
        }
        if (quota.within(all, pod, settled).anyFits()) {
            return new Search(found, first, RoomSearchResult.Held.QUOTA);
        }
        boolean held = planner.anyTakes(demand, candidates.freedBy(settled), quota.covering(pod, settled));
        return new Search(found, first, held ? RoomSearchResult.Held.GPUS : new RoomSearchResult.None());
    }

    private Optional<String> onItsWay(PodKey pod) {
        Optional<String> node = cluster.nodeOf(pod.uid());
        if (node.isPresent()) {
            return Optional.of("pod is already bound to " + node.get());
        }
        return book.of(pod.uid()).flatMap(hold -> switch (hold.state()) {
            case HELD -> Optional.empty();
            case BINDING ->
                Optional.of("it is not yet known whether the pod is bound to %s"
                        .formatted(hold.plan().node()));
            case COMMITTED ->
                Optional.of("pod has just been bound to " + hold.plan().node());
        });
    }

    private Hold hold(PodKey pod, PodDemand demand, Ranking ranking, Instant since) {
        List<PlanOutcome.Fits> best = ranking.best(context.settings().mostNodes());
        Hold hold = Hold.held(pod, demand, best.getFirst().plan(), names(best), since);
        book.put(hold);
        return hold;
    }

    private static List<String> names(List<PlanOutcome.Fits> fits) {
        return fits.stream().map(PlanOutcome.Fits::node).toList();
    }

    /** Unknown nodes count as farthest from taking a pod. */
    private static ReasonCode closest(Ranking ranking) {
        return ranking.refusals().stream()
                .map(refusal -> refusal.reason().code())
                .max(Comparator.naturalOrder())
                .orElse(ReasonCode.NOT_REGISTERED);
    }

    private static Map<String, String> refusals(Ranking ranking, Candidates.Found found) {
        Map<String, String> refused =
                LinkedHashMap.newLinkedHashMap(ranking.refusals().size());
        ranking.refusals()
                .forEach(refusal -> refused.put(refusal.node(), refusal.reason().text()));
        found.unknown().forEach(name -> refused.put(name, Reasons.unknownNode().text()));
        return refused;
    }
}
