package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.RealisationException;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.node.BlockedPods;
import io.migpool.deviceplugin.node.PodPhase;
import io.migpool.deviceplugin.node.Pods;
import io.migpool.deviceplugin.node.RepairOutcome;
import io.migpool.deviceplugin.node.ReservationRepair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes a pod's reservation real: where it says, or where it can be. */
public final class Placements {

    private final InstancePool pool;
    private final Pods pods;
    private final ReservationRepair repair;
    private final BlockedPods blockedPods;
    private final Duration startLimit;
    private final Clock clock;

    public Placements(
            InstancePool pool,
            Pods pods,
            ReservationRepair repair,
            BlockedPods blockedPods,
            Duration startLimit,
            Clock clock) {
        this.pool = pool;
        this.pods = pods;
        this.repair = repair;
        this.blockedPods = blockedPods;
        this.startLimit = startLimit;
        this.clock = clock;
    }

    /**
     * Cuts what the pod holds; slices whose place is blocked are moved first, one after the other.
     *
     * @param deadline when the start is given up
     */
    Realised realise(PodClaim claim, Instant deadline) throws PreparationException {
        PodClaim current = claim;
        while (true) {
            Duration left = Duration.between(clock.instant(), deadline);
            try {
                return new Realised(
                        current, pool.realise(current, left, this::stays).get(left.toMillis(), TimeUnit.MILLISECONDS));
            } catch (ExecutionException e) {
                current = elsewhere(current, e);
            } catch (TimeoutException | CancellationException e) {
                throw new PreparationException(
                        "CutSlow",
                        "the GPU is still busy after %s; the start is tried again and finds what was cut meanwhile"
                                .formatted(startLimit),
                        e);
            } catch (InterruptedException e) {
                throw ContainerStart.stopping(e);
            }
        }
    }

    /** Whether a pod runs on, so that nobody need wait for what it has. */
    private boolean stays(String podUid) {
        return pods.watched(podUid)
                .filter(pod -> !PodPhase.hasEnded(pod) && pod.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    private PodClaim elsewhere(PodClaim claim, ExecutionException failure) throws PreparationException {
        if (!(failure.getCause() instanceof RealisationException cause)) {
            throw new PreparationException("CutFailed", "cutting failed: " + failure.getCause(), failure);
        }
        Optional<Slice> blocked = cause.blockedSlice();
        if (blocked.isEmpty()) {
            throw failed(cause, String.valueOf(cause.getMessage()));
        }
        try {
            return switch (repair.repair(claim, blocked.get())) {
                case RepairOutcome.Moved(PodClaim moved) -> moved;
                case RepairOutcome.NotNow(String why) ->
                    throw failed(cause, cause.getMessage() + "; no other place was taken: " + why);
                case RepairOutcome.NoEquivalent _ -> {
                    blockedPods.blocked(claim);
                    throw failed(cause, cause.getMessage() + "; nothing equivalent is free on this node");
                }
            };
        } catch (InterruptedException e) {
            throw ContainerStart.stopping(e);
        }
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
