package io.migpool.extender.reservation;

import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.BindingPort.Attempt;
import io.migpool.extender.reservation.BindingPort.Reading;
import io.migpool.runtime.time.BackOff;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Repeats one Binding until its outcome is known or time is up. Repeating is safe: a pod is bound once. */
final class BindingAttempts {

    private static final BackOff BACK_OFF = new BackOff(Duration.ofMillis(100), Duration.ofSeconds(1));
    private static final String LATE =
            "it took too long to find out what other replicas have bound, or to read the pod;"
                    + " the next attempt may succeed";

    /** The outcome of a Binding. */
    sealed interface Result {

        /** The pod is bound with our annotations. */
        record Bound() implements Result {}

        /** The pod is not bound by us and will not be. */
        record NotBound(String message) implements Result {}

        /** The Binding may have landed, or may still land. */
        record Unsettled(String message) implements Result {}
    }

    private final BindingPort port;
    private final InstantSource clock;
    private final Pause pause;

    BindingAttempts(BindingPort port, InstantSource clock, Pause pause) {
        this.port = port;
        this.clock = clock;
        this.pause = pause;
    }

    /**
     * Blocks until the outcome is known or time is up.
     *
     * @param end the time after which no attempt may begin
     * @param mayLand whether an earlier attempt for the same plan may still land
     */
    Result bind(PodKey pod, String node, Map<String, String> annotations, Instant end, boolean mayLand) {
        if (clock.instant().isAfter(end)) {
            return mayLand ? new Result.Unsettled(LATE) : new Result.NotBound(LATE);
        }
        Duration wait = BACK_OFF.first();
        boolean open = mayLand;
        while (true) {
            Outcome outcome = once(pod, node, annotations, open);
            if (outcome.result().isPresent()) {
                return outcome.result().get();
            }
            open |= outcome.mayLand();
            if (clock.instant().plus(wait).isAfter(end)) {
                return ended(open, outcome.message());
            }
            try {
                pause.pause(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ended(open, "interrupted");
            }
            // The pause may have taken far longer, and the next leader relies on the end.
            if (clock.instant().isAfter(end)) {
                return ended(open, outcome.message());
            }
            wait = BACK_OFF.after(wait);
        }
    }

    private static Result ended(boolean mayLand, String message) {
        return mayLand
                ? new Result.Unsettled(message)
                : new Result.NotBound("the API server accepts no requests: " + message);
    }

    private record Outcome(Optional<Result> result, boolean mayLand, String message) {}

    private Outcome once(PodKey pod, String node, Map<String, String> annotations, boolean mayLand) {
        return switch (port.bind(pod, node, annotations)) {
            case Attempt.Bound() -> settled(new Result.Bound());
            case Attempt.NotTaken(String message) -> new Outcome(Optional.empty(), false, message);
            case Attempt.Unclear(String message) -> new Outcome(Optional.empty(), true, message);
            case Attempt.Refused(String message) when !mayLand -> settled(new Result.NotBound(message));
            // The refusal is about this attempt; only the pod shows what became of an earlier one.
            case Attempt.Refused(String message) -> readBack(pod, node, annotations, message, true);
            case Attempt.Conflict(String message) -> readBack(pod, node, annotations, message, mayLand);
        };
    }

    private Outcome readBack(
            PodKey pod, String node, Map<String, String> annotations, String message, boolean mayLand) {
        return switch (port.read(pod)) {
            case Reading.Unclear(String why) -> new Outcome(Optional.empty(), mayLand, why);
            case Reading.Missing() -> settled(new Result.NotBound("the pod is gone"));
            case Reading.Found found -> {
                if (isOurs(pod, node, annotations, found)) {
                    yield settled(new Result.Bound());
                }
                if (!found.is(pod)) {
                    yield settled(new Result.NotBound("the pod was deleted and recreated"));
                }
                if (found.isBound()) {
                    yield settled(new Result.NotBound(
                            "the pod is already bound to %s, but not by this extender".formatted(found.node())));
                }
                yield settled(mayLand ? new Result.Unsettled(message) : new Result.NotBound(message));
            }
        };
    }

    private static Outcome settled(Result result) {
        return new Outcome(Optional.of(result), false, "");
    }

    /** Returns whether the pod is bound as we asked; instance identities that the node agent has added since do not matter. */
    static boolean isOurs(PodKey pod, String node, Map<String, String> annotations, Reading.Found found) {
        if (!found.is(pod) || !node.equals(found.node())) {
            return false;
        }
        try {
            Optional<Reservation> wanted = Reservation.fromAnnotations(annotations);
            Optional<Reservation> present = Reservation.fromAnnotations(found.annotations());
            return wanted.map(Reservation::devices).equals(present.map(Reservation::devices))
                    && wanted.map(BindingAttempts::placements).equals(present.map(BindingAttempts::placements));
        } catch (MalformedAnnotationException e) {
            return false;
        }
    }

    private static List<MigAllocation> placements(Reservation reservation) {
        return reservation.migAllocations().stream()
                .map(a -> new MigAllocation(
                        a.containerIndex(), a.deviceIndex(), a.gpuUuid(), a.profile(), a.placement(), null))
                .toList();
    }
}
