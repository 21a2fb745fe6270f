package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.RealisationException;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.node.BlockedPods;
import io.migpool.deviceplugin.node.Events;
import io.migpool.deviceplugin.node.PodPhase;
import io.migpool.deviceplugin.node.Pods;
import io.migpool.deviceplugin.node.RepairOutcome;
import io.migpool.deviceplugin.node.ReservationRepair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Makes a pod's reservation real: where it says, or where it can be. */
public final class Placements {

    private static final System.Logger LOG = System.getLogger(Placements.class.getName());
    /** A pod that waits longer than this part of the limit is told so: 5 s of 25 s. */
    private static final int QUIET_PART = 5;

    private final InstancePool pool;
    private final Pods pods;
    private final ReservationRepair repair;
    private final BlockedPods blockedPods;
    private final Events events;
    private final Duration startLimit;
    private final Clock clock;

    public Placements(
            InstancePool pool,
            Pods pods,
            ReservationRepair repair,
            BlockedPods blockedPods,
            Events events,
            Duration startLimit,
            Clock clock) {
        this.pool = pool;
        this.pods = pods;
        this.repair = repair;
        this.blockedPods = blockedPods;
        this.events = events;
        this.startLimit = startLimit;
        this.clock = clock;
    }

    /**
     * Cuts what the pod holds; slices whose place is blocked are moved first, one after the other.
     *
     * @param deadline when the start is given up
     */
    Realised realise(PodClaim claim, Instant deadline) throws PreparationException {
        repair.settle(claim);
        PodClaim current = claim;
        while (true) {
            try {
                return new Realised(current, await(current, deadline));
            } catch (ExecutionException e) {
                current = elsewhere(current, e, deadline);
            } catch (CancellationException e) {
                throw stopping(e);
            } catch (TimeoutException e) {
                throw new PreparationException(
                        "CutSlow",
                        "the GPU is still busy after %s; the start is tried again and finds what was cut meanwhile"
                                .formatted(startLimit),
                        e);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    /** Whether a pod's reservation has to be read from the API server, whatever is known of it here. */
    boolean isInDoubt(String podUid, Instant deadline) throws PreparationException {
        try {
            return repair.isInDoubt(podUid, Duration.between(clock.instant(), deadline));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Map<Slice, MigRuntime> await(PodClaim claim, Instant deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        Duration left = Duration.between(clock.instant(), deadline);
        Duration quiet = startLimit.dividedBy(QUIET_PART);
        Future<Map<Slice, MigRuntime>> realised = pool.realise(claim, left, this::stays);
        if (left.compareTo(quiet) > 0) {
            try {
                return realised.get(quiet.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                LOG.log(System.Logger.Level.DEBUG, "pod " + claim.name() + " waits", e);
                tellThatItWaits(claim);
            }
        }
        return realised.get(
                Math.max(0, Duration.between(clock.instant(), deadline).toMillis()), TimeUnit.MILLISECONDS);
    }

    private void tellThatItWaits(PodClaim claim) {
        String queues = pool.queued().entrySet().stream()
                .filter(entry -> claim.uses(entry.getKey()))
                .map(entry -> "%s (%d waiting)".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
        events.warnPod(
                new Events.PodRef(claim.namespace(), claim.name(), Optional.of(claim.uid())),
                "WaitingForGpu",
                "its instances are not cut yet: a GPU cuts and destroys one instance after the other, and waits for the processes of the last pod in a place; nothing need be done. In front of its GPUs: "
                        + queues);
    }

    /** Whether a pod runs on, so that nobody need wait for what it has. */
    private boolean stays(String podUid) {
        return pods.watched(podUid)
                .filter(pod -> !PodPhase.hasEnded(pod) && pod.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    private PodClaim elsewhere(PodClaim claim, ExecutionException failure, Instant deadline)
            throws PreparationException {
        if (!(failure.getCause() instanceof RealisationException cause)) {
            throw new PreparationException("CutFailed", "cutting failed: " + failure.getCause(), failure);
        }
        Optional<Slice> blocked = cause.blockedSlice();
        if (blocked.isEmpty()) {
            throw failed(cause, String.valueOf(cause.getMessage()));
        }
        try {
            return switch (repair.repair(claim, blocked.get(), Duration.between(clock.instant(), deadline))) {
                case RepairOutcome.Moved(PodClaim moved) -> moved;
                case RepairOutcome.NotNow(String why) ->
                    throw failed(cause, cause.getMessage() + "; no other place was taken: " + why);
                case RepairOutcome.NoEquivalent _ -> {
                    blockedPods.blocked(claim);
                    throw failed(cause, cause.getMessage() + "; nothing equivalent is free on this node");
                }
            };
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static PreparationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return stopping(e);
    }

    private static PreparationException stopping(Exception e) {
        return new PreparationException("Stopping", "the node agent is stopping; the start is tried again", e);
    }

    private static PreparationException failed(RealisationException cause, String message) {
        return new PreparationException(
                switch (cause.code()) {
                    case BLOCKED -> "PlacementBlocked";
                    case OCCUPIED -> "PlacementOccupied";
                    case DRIVER -> "CutFailed";
                    case STATE -> "StateNotSaved";
                },
                message,
                cause);
    }
}
