package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.health.GpuLooks;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;

/**
 * Switches MIG mode on, which takes some boards seconds, with a pause after every failure. An attempt is waited for
 * only for a moment, so that it delays nothing about the other GPUs; its outcome is used when it comes. Used from one
 * thread.
 */
final class MigEnabling implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(MigEnabling.class.getName());

    private final GpuDriver driver;
    private final GpuLooks tries;
    private final EnablingBackOff backOff;

    /**
     * @param patience how long an attempt is waited for
     * @param onLateAnswer called when an attempt ends that was no longer waited for
     */
    MigEnabling(GpuDriver driver, Duration patience, Runnable onLateAnswer, InstantSource clock) {
        this.driver = driver;
        this.tries = new GpuLooks(gpu -> driver.enableMig(gpu.uuid()), patience, onLateAnswer);
        this.backOff = new EnablingBackOff(clock);
    }

    /**
     * Attempts it, unless an attempt is under way or it is too early for another.
     *
     * @param unhealthy returns the standing of the GPU after a failure that says nothing more specific
     * @return the standing of the GPU without MIG mode; empty if MIG mode is on now
     * @throws GpuException if the GPU does not report whether it is on
     */
    Optional<GpuStanding> enable(GpuDescription gpu, Function<GpuException, GpuStanding> unhealthy)
            throws GpuException {
        if (!tries.isUnderWay(gpu.uuid())) {
            Optional<GpuStanding> notYet = backOff.lately(gpu.uuid());
            if (notYet.isPresent()) {
                return notYet;
            }
        }
        Optional<GpuLooks.Seen> outcome = tries.soon(gpu);
        if (outcome.isEmpty()) {
            return Optional.of(GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.MIG_MODE_PENDING,
                    "MIG mode is being switched on, which may take some time; no action needed"));
        }
        return switch (outcome.get()) {
            case GpuLooks.Seen.Mode(MigMode mode) -> afterAnswer(gpu, mode);
            case GpuLooks.Seen.Trouble(GpuException why) -> Optional.of(backOff.failed(standing(gpu, why, unhealthy)));
        };
    }

    /**
     * Ends the attempts at a GPU whose MIG mode is on, or is not wanted any more: what came of them does not count when
     * it is wanted again.
     *
     * @return whether there was one whose outcome is not known, so that MIG mode may be on although a look says that it
     *     is off; true again while it is in progress
     */
    boolean forget(String gpuUuid) {
        boolean open = tries.isUnderWay(gpuUuid);
        tries.forget(gpuUuid);
        backOff.done(gpuUuid);
        return open;
    }

    private static GpuStanding standing(
            GpuDescription gpu, GpuException why, Function<GpuException, GpuStanding> unhealthy) {
        return switch (why.code()) {
            case IN_USE ->
                GpuStanding.outOfPool(
                        gpu,
                        GpuTrouble.MIG_MODE_PENDING,
                        "MIG mode cannot be switched on while processes run there; retrying at most every 5 minutes");
            case NOT_SUPPORTED ->
                GpuStanding.outOfPool(
                        gpu,
                        GpuTrouble.MIG_MODE_NOT_SUPPORTED,
                        "operatingmode is mig but the driver does not switch MIG mode on: %s. Switch a board with display outputs to compute mode with NVIDIA's displaymodeselector and reboot, or set operatingmode hami-core for it"
                                .formatted(why.getMessage()));
            default -> unhealthy.apply(why);
        };
    }

    private Optional<GpuStanding> afterAnswer(GpuDescription gpu, MigMode mode) throws GpuException {
        if (!mode.enabled()) {
            return Optional.of(backOff.failed(GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.GPU_RESET_REQUIRED,
                    "MIG mode takes effect only after a reset; %s -i %s, or reboot the node"
                            .formatted(RecoveryAction.GPU_RESET.remedy(), gpu.uuid()))));
        }
        backOff.done(gpu.uuid());
        // The answer may have come some time after the attempt.
        if (!driver.migMode(gpu.uuid()).enabled()) {
            return Optional.of(GpuStanding.outOfPool(
                    gpu, GpuTrouble.MIG_MODE_PENDING, "MIG mode was switched off again; retrying"));
        }
        LOG.log(Level.INFO, "MIG mode of GPU {0} is on", gpu.uuid());
        return Optional.empty();
    }

    /** Ends the attempt under way; no other follows. */
    @Override
    public void close() {
        tries.close();
    }
}
