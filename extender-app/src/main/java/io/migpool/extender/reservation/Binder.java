package io.migpool.extender.reservation;

import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.cluster.ClusterView;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodPhase;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.PlanOutcome;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.ReasonCode;
import io.migpool.extender.pool.Reasons;
import io.migpool.extender.reservation.BindingAttempts.Earlier;
import io.migpool.extender.reservation.BindingAttempts.Result;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The bind verb: turns a hold into a Binding on the node that the scheduler chose. If the hold is for that node and still
 * valid, it is used as it is; otherwise the pod is planned again there.
 */
public final class Binder {

    /** Longer than a watch lags behind; a watch with a gap may never report a pod that ended within it. */
    private static final Duration SHOWN_WITHIN = Duration.ofSeconds(10);

    private final SchedulingContext context;
    private final ClusterView cluster;
    private final HoldBook book;
    private final SchedulingSettings settings;
    private final InstantSource clock;
    private final BindingPort port;
    private final BindingAttempts attempts;
    private final InstantSource wall;
    private final QuotaCheck quota;

    /**
     * @param wall the wall clock for the times written in reservations
     * @param pause waits between attempts
     */
    public Binder(SchedulingContext context, BindingPort port, InstantSource wall, Pause pause) {
        this.context = context;
        this.cluster = context.cluster();
        this.book = context.book();
        this.settings = context.settings();
        this.clock = context.clock();
        this.port = port;
        this.attempts = new BindingAttempts(port, clock, pause);
        this.wall = wall;
        this.quota = context.newQuotaCheck();
    }

    /** The decision of bind before it asks the API server. */
    private sealed interface Decision {
        record Bind(Hold hold, Earlier earlier) implements Decision {}

        record Done() implements Decision {}

        record Fail(BindFailure kind, String message) implements Decision {}
    }

    /** Returns until when a Binding may be sent that is asked for now. */
    public Instant deadline() {
        return clock.instant().plus(settings.bindRetry());
    }

    /**
     * Binds the pod. Blocks while the API server is asked.
     *
     * @param end the {@link #deadline} taken when the scheduler asked; no request for a Binding begins after it
     * @return empty if the pod is bound, else why not
     */
    public Optional<String> bind(PodKey pod, String node, Instant end) {
        if (!cluster.knowsSettings()) {
            return failed(pod, node, BindFailure.NOT_READY, "the extender has not read its settings yet");
        }
        return switch (demandOf(pod)) {
            case Demand.Unknown(String why) -> failed(pod, node, BindFailure.POD, why);
            case Demand.None() -> bindWithoutGpu(pod, node, end);
            case Demand.Gpus(PodDemand demand) ->
                switch (book.decide(() -> decide(pod, demand, node))) {
                    case Decision.Done() -> Optional.empty();
                    case Decision.Fail(BindFailure kind, String message) -> failed(pod, node, kind, message);
                    case Decision.Bind(Hold hold, Earlier earlier) -> bind(hold, earlier, end);
                };
        };
    }

    /** The GPU request of the pod to bind, as far as it is known. */
    private sealed interface Demand {
        record Gpus(PodDemand demand) implements Demand {}

        record None() implements Demand {}

        record Unknown(String why) implements Demand {}
    }

    private Demand demandOf(PodKey pod) {
        return book.of(pod.uid())
                .map(Hold::demand)
                .or(() -> cluster.pod(pod.uid()).flatMap(entry -> Optional.ofNullable(entry.demand())))
                .<Demand>map(Demand.Gpus::new)
                .orElseGet(() -> readDemand(pod));
    }

    /** No pod may be bound without its reservation, so a pod that is not known here is looked up rather than bound as it is. */
    private Demand readDemand(PodKey pod) {
        return switch (port.read(pod)) {
            case BindingPort.Reading.Missing() -> new Demand.Unknown("there is no pod " + pod);
            case BindingPort.Reading.Unclear(String message) -> new Demand.Unknown("pod cannot be read: " + message);
            case BindingPort.Reading.Found found
            when !found.is(pod) -> new Demand.Unknown("the pod was deleted and recreated");
            case BindingPort.Reading.Found found ->
                switch (cluster.requestOf(found.pod())) {
                    case RequestOutcome.NoRequest() -> new Demand.None();
                    case RequestOutcome.Rejected rejected -> new Demand.Unknown(rejected.message());
                    case RequestOutcome.Accepted(PodGpuRequest request) ->
                        new Demand.Gpus(cluster.demandOf(found.pod(), request));
                };
        };
    }

    private Optional<String> bindWithoutGpu(PodKey pod, String node, Instant end) {
        return switch (attempts.bind(new BindingAttempts.Request(pod, node, Map.of(), end, Earlier.NONE))) {
            case Result.Bound() -> Optional.empty();
            case Result.NotBound(String message) -> failed(pod, node, BindFailure.NOT_TAKEN, message);
            case Result.Unsettled(String message) -> failed(pod, node, BindFailure.UNSETTLED, message);
        };
    }

    private Decision decide(PodKey pod, PodDemand demand, String node) {
        Optional<String> boundTo = cluster.nodeOf(pod.uid());
        if (boundTo.isPresent()) {
            return boundTo.get().equals(node)
                    ? new Decision.Done()
                    : new Decision.Fail(BindFailure.ELSEWHERE, "the pod is already bound to " + boundTo.get());
        }
        if (!cluster.synced()) {
            return new Decision.Fail(BindFailure.NOT_READY, "the extender has not read the whole cluster yet");
        }
        Instant now = clock.instant();
        Optional<Hold> present = book.of(pod.uid());
        if (present.isPresent() && present.get().state() != Hold.State.HELD) {
            return repeated(present.get(), node, now);
        }
        Optional<Plan> held = present.map(Hold::plan).filter(plan -> plan.node().equals(node));
        if (held.isPresent() && hasRoom(pod, held.get(), now)) {
            return begin(pod, demand, held.get(), present, now);
        }
        return planAfresh(pod, demand, node, present, now);
    }

    /** Decides about a repeated bind: the scheduler repeats one whose answer it did not get. */
    private Decision repeated(Hold hold, String node, Instant now) {
        if (!hold.plan().node().equals(node)) {
            return new Decision.Fail(
                    BindFailure.ELSEWHERE,
                    "the pod is being bound to %s".formatted(hold.plan().node()));
        }
        if (hold.state() == Hold.State.COMMITTED) {
            return new Decision.Done();
        }
        // Another replica may have led meanwhile, and knew nothing of this attempt.
        if (!hasRoom(hold.pod(), hold.plan(), now)) {
            return new Decision.Fail(
                    BindFailure.UNSETTLED,
                    "it is not yet known whether the pod is bound, and its place on %s is not to be had any more"
                            .formatted(node));
        }
        Hold again = hold.binding(hold.plan(), now);
        book.put(again);
        return new Decision.Bind(again, Earlier.MAY_LAND);
    }

    /** Returns whether the plan is as good as when it was made, all others considered. */
    private boolean hasRoom(PodKey pod, Plan plan, Instant now) {
        return book.node(plan.node(), hold -> !hold.pod().equals(pod))
                        .filter(others -> others.admits(plan.occupancy()))
                        .isPresent()
                && quota.covers(plan, pod, context.notLapsed(now));
    }

    private Decision planAfresh(PodKey pod, PodDemand demand, String node, Optional<Hold> present, Instant now) {
        Predicate<Hold> others = hold -> !hold.pod().equals(pod);
        Predicate<Hold> fresh = others.and(context.notLapsed(now));
        Optional<Reason> refusal = Optional.empty();
        for (Predicate<Hold> counted : List.of(others, fresh)) {
            Optional<PlanOutcome> outcome = book.node(node, counted)
                    .map(view ->
                            quota.within(context.planner().plan(demand, view), pod, context.notLapsed(now), Set.of()));
            if (outcome.isEmpty()) {
                return new Decision.Fail(BindFailure.NO_ROOM, notAnyMore(node, Reasons.unknownNode()));
            }
            switch (outcome.get()) {
                case PlanOutcome.Fits fits -> {
                    Plan plan = fits.plan();
                    Decision decision = begin(pod, demand, plan, present, now);
                    book.releaseOverrun(plan, fresh.or(hold -> hold.pod().equals(pod)));
                    return decision;
                }
                case PlanOutcome.DoesNotFit doesNot -> refusal = Optional.of(doesNot.reason());
            }
        }
        Reason why = refusal.orElseThrow();
        return new Decision.Fail(
                BindFailure.NO_ROOM, why.code() == ReasonCode.QUOTA ? why.text() : notAnyMore(node, why));
    }

    private static String notAnyMore(String node, Reason why) {
        return "the pod no longer fits %s: %s".formatted(node, why.text());
    }

    private Decision begin(PodKey pod, PodDemand demand, Plan plan, Optional<Hold> present, Instant now) {
        Hold hold = present.orElseGet(() -> Hold.held(pod, demand, plan, List.of(plan.node()), now))
                .binding(plan, now);
        book.put(hold);
        return new Decision.Bind(hold, Earlier.NONE);
    }

    private Optional<String> bind(Hold hold, Earlier earlier, Instant end) {
        PodKey pod = hold.pod();
        String node = hold.plan().node();
        return switch (attempt(hold, earlier, end)) {
            case Result.Bound() -> {
                tellBound(hold);
                yield Optional.empty();
            }
            case Result.NotBound(String message) -> failed(pod, node, BindFailure.NOT_TAKEN, message);
            case Result.Unsettled(String message) ->
                failed(pod, node, BindFailure.UNSETTLED, "it is not yet known whether the pod is bound: " + message);
        };
    }

    private void tellBound(Hold hold) {
        int nodes = hold.ranking().size();
        context.observer()
                .bound(
                        hold.pod(),
                        hold.plan(),
                        "%s, %d node%s offered"
                                .formatted(context.planner().policyOf(hold.demand()), nodes, nodes == 1 ? "" : "s"));
    }

    /** Sends the Binding and updates the hold by the result. Whatever is thrown, the hold stays for {@link #settle}. */
    private Result attempt(Hold hold, Earlier earlier, Instant end) {
        Result result = new Result.Unsettled("the attempt failed");
        try {
            Map<String, String> annotations =
                    hold.plan().toReservation(wall.instant()).toAnnotations();
            result = attempts.bind(
                    new BindingAttempts.Request(hold.pod(), hold.plan().node(), annotations, end, earlier));
            return result;
        } finally {
            switch (result) {
                case Result.Bound() -> book.replace(hold, hold.committed(clock.instant()));
                case Result.NotBound notBound -> book.release(hold);
                case Result.Unsettled unsettled -> book.replace(hold, hold.unsettled(clock.instant()));
            }
        }
    }

    private Optional<String> failed(PodKey pod, String node, BindFailure kind, String message) {
        context.observer().bindFailed(pod, node, kind, message);
        return Optional.of(message);
    }

    /**
     * Asks the API server about every Binding without a clear outcome, and settles what can be settled: bound with our
     * annotations is committed; gone, or bound otherwise, is released; unbound is released once the request cannot land
     * any more. Also asks about committed pods that the cluster view has not shown for long, and ends lapsed promises to pods
     * that had ended before the promise was recorded: nothing else ever would. To be called every few seconds.
     */
    public void settle() {
        Instant now = clock.instant();
        book.releaseLapsed(
                now, settings.holdTime(cluster), hold -> cluster.pod(hold.pod().uid())
                        .isEmpty());
        Instant notShown = now.minus(SHOWN_WITHIN);
        for (Hold hold : book.all()) {
            switch (hold.progress()) {
                case Hold.Progress.Held() -> {}
                case Hold.Progress.Binding(Optional<Instant> unsettledSince) ->
                    unsettledSince.ifPresent(since -> settle(hold, since));
                case Hold.Progress.Committed(Instant asked) -> {
                    if (!asked.isAfter(notShown)) {
                        settleCommitted(hold);
                    }
                }
            }
        }
    }

    private void settleCommitted(Hold hold) {
        boolean ended =
                switch (port.read(hold.pod())) {
                    case BindingPort.Reading.Unclear(String message) -> false;
                    case BindingPort.Reading.Missing() -> true;
                    case BindingPort.Reading.Found found -> !found.is(hold.pod()) || PodPhase.hasEnded(found.pod());
                };
        if (ended) {
            book.release(hold);
        } else {
            // Not asked in every round: a stalled watch leaves many such holds.
            book.replace(hold, hold.askedAbout(clock.instant()));
        }
    }

    private void settle(Hold hold, Instant unsettledSince) {
        switch (port.read(hold.pod())) {
            case BindingPort.Reading.Unclear(String message) -> {}
            case BindingPort.Reading.Missing() -> book.release(hold);
            case BindingPort.Reading.Found found -> {
                Map<String, String> annotations =
                        hold.plan().toReservation(wall.instant()).toAnnotations();
                boolean cannotLand = !clock.instant().isBefore(unsettledSince.plus(settings.landingTime()));
                if (BindingAttempts.isOurs(hold.pod(), hold.plan().node(), annotations, found)) {
                    book.replace(hold, hold.committed(clock.instant()));
                    tellBound(hold);
                } else if (found.isBound() || !found.is(hold.pod()) || cannotLand) {
                    book.release(hold);
                }
            }
        }
    }
}
