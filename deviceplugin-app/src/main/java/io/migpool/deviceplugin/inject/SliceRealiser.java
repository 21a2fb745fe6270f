package io.migpool.deviceplugin.inject;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.RealisationException;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.reservation.BlockedPods;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.deviceplugin.reservation.RepairOutcome;
import io.migpool.deviceplugin.reservation.ReservationRepair;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Cuts what a pod has reserved: where the reservation says or, if that is not possible, in an equivalent place. */
public final class SliceRealiser {

    private static final System.Logger LOG = System.getLogger(SliceRealiser.class.getName());
    /** A pod that waits for longer than this fraction of the limit gets an Event: 5 s of 25 s. */
    private static final int QUIET_PART = 5;
    /** The pool stops trying that much before the start is given up, so that kubelet is told what it failed at last. */
    private static final Duration TO_ANSWER = Duration.ofMillis(500);

    private final InstancePool pool;
    private final Pods pods;
    private final OfferedGpus gpus;
    private final ReservationRepair repair;
    private final BlockedPods blockedPods;
    private final Events events;
    private final Duration startLimit;
    private final InstantSource clock;

    public SliceRealiser(
            InstancePool pool,
            Pods pods,
            OfferedGpus gpus,
            ReservationRepair repair,
            BlockedPods blockedPods,
            Events events,
            Duration startLimit,
            InstantSource clock) {
        this.pool = pool;
        this.pods = pods;
        this.gpus = gpus;
        this.repair = repair;
        this.blockedPods = blockedPods;
        this.events = events;
        this.startLimit = startLimit;
        this.clock = clock;
    }

    /**
     * Cuts what the pod holds; slices whose place is blocked, or whose GPU has left the pool since they were reserved,
     * are moved first, one after another.
     *
     * @param deadline when the start is given up
     */
    RealisedPod realise(PodClaim claim, Instant deadline) throws PreparationException {
        return realise(claim, !hasStarted(claim.uid()), deadline);
    }

    /** Like {@link #realise}, for a claim that was in doubt and was therefore read from the API server. */
    RealisedPod settleAndRealise(PodClaim read, Instant deadline) throws PreparationException {
        boolean first = !hasStarted(read.uid());
        repair.settle(read);
        return realise(read, first, deadline);
    }

    private RealisedPod realise(PodClaim claim, boolean first, Instant deadline) throws PreparationException {
        if (!first) {
            requireKnownInstances(claim);
        }
        PodClaim current = claim;
        while (true) {
            Optional<ClaimedDevice> misplaced = first ? onAnotherKindOfGpu(current) : onGpuThatLeft(current);
            if (misplaced.isPresent()) {
                current = elsewhere(current, misplaced.get(), deadline);
                continue;
            }
            try {
                return new RealisedPod(current, await(current, deadline));
            } catch (ExecutionException e) {
                current = elsewhere(current, e, deadline);
            } catch (CancellationException e) {
                throw stopping(e);
            } catch (TimeoutException e) {
                countTowardsEviction(current);
                throw new PreparationException(
                        StartFailure.CUT_SLOW,
                        "the GPU is still busy after %s; the start is retried and finds what was created meanwhile"
                                .formatted(startLimit),
                        e);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    /** Returns whether a pod's reservation has to be read from the API server, whatever is known of it here. */
    boolean isInDoubt(String podUid, Instant deadline) throws PreparationException {
        try {
            return repair.isInDoubt(podUid, deadline);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Map<Slice, MigRuntime> await(PodClaim claim, Instant deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        Duration left = Duration.between(clock.instant(), deadline);
        Duration quiet = startLimit.dividedBy(QUIET_PART);
        Future<Map<Slice, MigRuntime>> realised = pool.realise(claim, left.minus(TO_ANSWER), this::stays);
        if (left.compareTo(quiet) > 0) {
            try {
                return realised.get(quiet.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                LOG.log(Level.DEBUG, "pod " + claim.name() + " waits", e);
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
                "its instances are not created yet: a GPU creates and destroys instances one at a time, and waits for the processes of the previous pod at a placement; no action needed. Queue of its GPUs: "
                        + queues);
    }

    /** Returns whether a pod keeps running, so that it is useless to wait for what it has. */
    private boolean stays(String podUid) {
        return pods.watched(podUid)
                .filter(pod -> !PodPhase.hasEnded(pod) && pod.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    private PodClaim elsewhere(PodClaim claim, ExecutionException failure, Instant deadline)
            throws PreparationException {
        if (!(failure.getCause() instanceof RealisationException cause)) {
            throw new PreparationException(
                    StartFailure.CUT_FAILED, "creating the instances failed: " + failure.getCause(), failure);
        }
        Optional<ClaimedDevice> withoutMig = cause.sliceWithoutMig()
                .<ClaimedDevice>map(ClaimedDevice.Mig::new)
                .filter(device -> gpus.hasLeft(device.gpuUuid(), GpuMode.MIG));
        if (withoutMig.isPresent()) {
            return elsewhere(claim, withoutMig.get(), deadline);
        }
        Optional<Slice> blocked = cause.blockedSlice();
        if (blocked.isEmpty()) {
            countTowardsEviction(claim);
            throw failed(cause, String.valueOf(cause.getMessage()));
        }
        Slice slice = blocked.get();
        // If no instance is in the way, the GPU itself is; only the next start asks it again.
        boolean byAnother = isTaken(slice, claim.uid());
        return elsewhere(
                claim,
                slice,
                deadline,
                () -> !byAnother || isTaken(slice, claim.uid()),
                why -> failed(cause, cause.getMessage() + "; " + why));
    }

    private void countTowardsEviction(PodClaim claim) {
        if (pool.isRefused(claim)) {
            blockedPods.blocked(claim, () -> pool.isRefused(claim));
        } else {
            blockedPods.unblocked(claim.uid());
        }
    }

    private boolean isTaken(Slice slice, String exceptFor) {
        return pool.instances().stream()
                .anyMatch(instance -> instance.slice().gpuUuid().equals(slice.gpuUuid())
                        && instance.slice().placement().overlaps(slice.placement())
                        && !instance.pod().equals(Optional.of(exceptFor)));
    }

    /**
     * Returns whether the pod has started before: then it starts again, whatever the GPU is to be by now. The claim
     * alone does not show that: it is dropped while it is not known where a slice was moved to, and lost with the state
     * directory.
     */
    private boolean hasStarted(String podUid) {
        return pool.claim(podUid).isPresent()
                || pods.watched(podUid).filter(PodPhase::hasStarted).isPresent();
    }

    /**
     * Returns a device whose GPU does not serve in the reserved mode. Skips what exists for the pod, because
     * another container of it may be running there.
     */
    private Optional<ClaimedDevice> onAnotherKindOfGpu(PodClaim claim) {
        return claim.containers().stream()
                .flatMap(container -> container.devices().stream())
                .filter(device -> !gpus.modeOf(device.gpuUuid()).equals(Optional.of(mode(device))))
                .filter(device -> !exists(device, claim.uid()))
                .findFirst();
    }

    /**
     * Returns a device that has yet to be created although its GPU has left the pool: its first start may have failed
     * before, or a reboot took it away.
     */
    private Optional<ClaimedDevice> onGpuThatLeft(PodClaim claim) {
        return claim.slices().stream()
                .filter(slice -> gpus.hasLeft(slice.gpuUuid(), GpuMode.MIG))
                .<ClaimedDevice>map(ClaimedDevice.Mig::new)
                .filter(device -> !exists(device, claim.uid()))
                .findFirst();
    }

    private void requireKnownInstances(PodClaim claim) throws PreparationException {
        for (ContainerClaim container : claim.containers()) {
            for (ClaimedDevice device : container.devices()) {
                if (device instanceof ClaimedDevice.Shared
                        && gpus.modeOf(device.gpuUuid()).equals(Optional.of(GpuMode.MIG))) {
                    throw new PreparationException(
                            StartFailure.GPU_MODE_MISMATCH,
                            "HAMi before 2.10 did not record which instance of %s it gave to the pod; delete the pod so that it is scheduled again"
                                    .formatted(device.gpuUuid()));
                }
            }
        }
    }

    private boolean exists(ClaimedDevice device, String podUid) {
        return switch (device) {
            case ClaimedDevice.Mig(Slice slice) ->
                pool.instances().stream()
                        .anyMatch(instance ->
                                instance.slice().equals(slice) && instance.pod().equals(Optional.of(podUid)));
            case ClaimedDevice.Shared _ -> false;
        };
    }

    private static GpuMode mode(ClaimedDevice device) {
        return switch (device) {
            case ClaimedDevice.Mig _ -> GpuMode.MIG;
            case ClaimedDevice.Shared _ -> GpuMode.HAMI_CORE;
        };
    }

    private PodClaim elsewhere(PodClaim claim, ClaimedDevice device, Instant deadline) throws PreparationException {
        String mismatch = "GPU %s is reserved in mode %s but %s"
                .formatted(
                        device.gpuUuid(),
                        mode(device),
                        gpus.modeOf(device.gpuUuid())
                                .map(mode -> "is now in mode " + mode)
                                .orElse("this node does not offer it"));
        Function<String, PreparationException> failed =
                why -> new PreparationException(StartFailure.GPU_MODE_MISMATCH, mismatch + "; " + why);
        BooleanSupplier left = () -> gpus.hasLeft(device.gpuUuid(), mode(device));
        if (!left.getAsBoolean()) {
            blockedPods.unblocked(claim.uid());
            throw failed.apply("this may be temporary, so the start is retried");
        }
        return switch (device) {
            case ClaimedDevice.Mig(Slice slice) -> elsewhere(claim, slice, deadline, left, failed);
            case ClaimedDevice.Shared _ -> {
                blockedPods.blocked(claim, left);
                throw failed.apply("GPU shares are not moved; delete the pod so that it is scheduled again");
            }
        };
    }

    private PodClaim elsewhere(
            PodClaim claim,
            Slice blocked,
            Instant deadline,
            BooleanSupplier still,
            Function<String, PreparationException> failed)
            throws PreparationException {
        try {
            return switch (repair.repair(claim, blocked, deadline)) {
                case RepairOutcome.Moved(PodClaim moved) -> moved;
                case RepairOutcome.NotNow(String why) -> throw failed.apply("the pod was not moved: " + why);
                case RepairOutcome.NoEquivalent _ -> {
                    blockedPods.blocked(claim, still);
                    throw failed.apply(
                            "nothing equivalent is free on this node; delete the pod so that it is scheduled again");
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
        return new PreparationException(StartFailure.STOPPING, "the node agent is stopping; the start is retried", e);
    }

    private static PreparationException failed(RealisationException cause, String message) {
        return new PreparationException(
                switch (cause.code()) {
                    case BLOCKED -> StartFailure.PLACEMENT_BLOCKED;
                    case OCCUPIED -> StartFailure.PLACEMENT_OCCUPIED;
                    case DRIVER, NO_MIG -> StartFailure.CUT_FAILED;
                    case STATE -> StartFailure.STATE_NOT_SAVED;
                },
                message,
                cause);
    }
}
