package io.migpool.deviceplugin.inject;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.instance.ClaimedDevice;
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
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Moves devices of a starting pod that cannot be had where they are reserved to an equivalent place. Where there is
 * none, the start fails with what would help, and the pod counts as blocked.
 *
 * @param gpus which GPUs the node offers, and in which modes
 * @param repair finds an equivalent place and records it
 * @param blockedPods the pods that wait for it to become free, or for eviction
 */
record Relocation(InstancePool pool, OfferedGpus gpus, ReservationRepair repair, BlockedPods blockedPods) {

    /**
     * Returns a device to be moved before anything is created.
     *
     * @param first whether the pod starts for the first time; later, what it has stays where it is
     */
    Optional<ClaimedDevice> misplaced(PodClaim claim, boolean first) {
        return first ? onAnotherKindOfGpu(claim) : onGpuThatLeft(claim);
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

    private boolean exists(ClaimedDevice device, String podUid) {
        return switch (device) {
            case ClaimedDevice.Mig(Slice slice) ->
                pool.instances().stream()
                        .anyMatch(instance ->
                                instance.slice().equals(slice) && instance.pod().equals(Optional.of(podUid)));
            case ClaimedDevice.Shared _ -> false;
        };
    }

    /**
     * Moves a device that {@link #misplaced} returned.
     *
     * @throws PreparationException if it cannot be moved
     */
    PodClaim ofMisplaced(PodClaim claim, ClaimedDevice device, Instant deadline)
            throws PreparationException, InterruptedException {
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

    /**
     * Moves a slice that the pool cannot create where it is.
     *
     * @param cause why not
     * @throws PreparationException if it cannot be moved, or that would not help
     */
    PodClaim ofRefused(PodClaim claim, RealisationException cause, Instant deadline)
            throws PreparationException, InterruptedException {
        Optional<ClaimedDevice> withoutMig = cause.sliceWithoutMig()
                .<ClaimedDevice>map(ClaimedDevice.Mig::new)
                .filter(device -> gpus.hasLeft(device.gpuUuid(), GpuMode.MIG));
        if (withoutMig.isPresent()) {
            return ofMisplaced(claim, withoutMig.get(), deadline);
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

    private boolean isTaken(Slice slice, String exceptFor) {
        return pool.instances().stream()
                .anyMatch(instance -> instance.slice().gpuUuid().equals(slice.gpuUuid())
                        && instance.slice().placement().overlaps(slice.placement())
                        && !instance.pod().equals(Optional.of(exceptFor)));
    }

    private PodClaim elsewhere(
            PodClaim claim,
            Slice blocked,
            Instant deadline,
            BooleanSupplier still,
            Function<String, PreparationException> failed)
            throws PreparationException, InterruptedException {
        return switch (repair.repair(claim, blocked, deadline)) {
            case RepairOutcome.Moved(PodClaim moved) -> moved;
            case RepairOutcome.NotNow(String why) -> throw failed.apply("the pod was not moved: " + why);
            case RepairOutcome.NoEquivalent _ -> {
                blockedPods.blocked(claim, still);
                throw failed.apply(
                        "nothing equivalent is free on this node; delete the pod so that it is scheduled again");
            }
        };
    }

    /** Lets the pod be evicted some day, as long as a GPU refuses what it has reserved. */
    void countTowardsEviction(PodClaim claim) {
        if (pool.isRefused(claim)) {
            blockedPods.blocked(claim, () -> pool.isRefused(claim));
        } else {
            blockedPods.unblocked(claim.uid());
        }
    }

    private static GpuMode mode(ClaimedDevice device) {
        return switch (device) {
            case ClaimedDevice.Mig _ -> GpuMode.MIG;
            case ClaimedDevice.Shared _ -> GpuMode.HAMI_CORE;
        };
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
