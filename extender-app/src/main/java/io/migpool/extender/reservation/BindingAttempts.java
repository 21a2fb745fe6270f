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

    /** What became of the attempts before, for the same plan. */
    enum Earlier {
        /** There was none, or it is known not to have bound the pod. */
        NONE,
        /** One may have landed, or may still land. */
        MAY_LAND
    }

    /**
     * A Binding to make.
     *
     * @param annotations the reservation that goes with it; none for a pod without GPUs
     * @param end the time after which no attempt may begin
     */
    record Request(PodKey pod, String node, Map<String, String> annotations, Instant end, Earlier earlier) {}

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

    /** Blocks until the outcome is known or time is up. */
    Result bind(Request request) {
        Earlier earlier = request.earlier();
        if (clock.instant().isAfter(request.end())) {
            return switch (earlier) {
                case NONE -> new Result.NotBound(LATE);
                case MAY_LAND -> new Result.Unsettled(LATE);
            };
        }
        Duration wait = BACK_OFF.first();
        while (true) {
            Outcome outcome = once(request, earlier);
            if (outcome.result().isPresent()) {
                return outcome.result().get();
            }
            if (outcome.attempt() == Earlier.MAY_LAND) {
                earlier = Earlier.MAY_LAND;
            }
            if (clock.instant().plus(wait).isAfter(request.end())) {
                return ended(earlier, outcome.message());
            }
            try {
                pause.pause(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ended(earlier, "interrupted");
            }
            // The pause may have taken far longer, and the next leader relies on the end.
            if (clock.instant().isAfter(request.end())) {
                return ended(earlier, outcome.message());
            }
            wait = BACK_OFF.after(wait);
        }
    }

    private static Result ended(Earlier earlier, String message) {
        return switch (earlier) {
            case NONE -> new Result.NotBound("the API server accepts no requests: " + message);
            case MAY_LAND -> new Result.Unsettled(message);
        };
    }

    /**
     * @param result empty if the attempt is to be repeated
     * @param attempt what became of this one if it is
     */
    private record Outcome(Optional<Result> result, Earlier attempt, String message) {}

    private Outcome once(Request request, Earlier earlier) {
        return switch (port.bind(request.pod(), request.node(), request.annotations())) {
            case Attempt.Bound() -> settled(new Result.Bound());
            case Attempt.NotTaken(String message) -> new Outcome(Optional.empty(), Earlier.NONE, message);
            case Attempt.Unclear(String message) -> new Outcome(Optional.empty(), Earlier.MAY_LAND, message);
            case Attempt.Refused(String message) when earlier == Earlier.NONE -> settled(new Result.NotBound(message));
            // The refusal is about this attempt; only the pod shows what became of an earlier one.
            case Attempt.Refused(String message) -> readBack(request, message, earlier);
            case Attempt.Conflict(String message) -> readBack(request, message, earlier);
        };
    }

    private Outcome readBack(Request request, String message, Earlier earlier) {
        PodKey pod = request.pod();
        return switch (port.read(pod)) {
            case Reading.Unclear(String why) -> new Outcome(Optional.empty(), earlier, why);
            case Reading.Missing() -> settled(new Result.NotBound("the pod is gone"));
            case Reading.Found found -> {
                if (isOurs(pod, request.node(), request.annotations(), found)) {
                    yield settled(new Result.Bound());
                }
                if (!found.is(pod)) {
                    yield settled(new Result.NotBound("the pod was deleted and recreated"));
                }
                if (found.isBound()) {
                    yield settled(new Result.NotBound(
                            "the pod is already bound to %s, but not by this extender".formatted(found.node())));
                }
                yield settled(
                        switch (earlier) {
                            case NONE -> new Result.NotBound(message);
                            case MAY_LAND -> new Result.Unsettled(message);
                        });
            }
        };
    }

    private static Outcome settled(Result result) {
        return new Outcome(Optional.of(result), Earlier.NONE, "");
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
