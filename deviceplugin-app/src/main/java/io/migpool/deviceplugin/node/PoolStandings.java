package io.migpool.deviceplugin.node;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.health.GpuHealth;
import io.migpool.deviceplugin.health.GpuLooks;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How GPUs of the pool stand: the mode that configuration wants of them, held against their present mode, their health
 * and the pods that use them.
 *
 * @param lastOffer the offer of a GPU that was decided last
 */
record PoolStandings(
        GpuDriver driver,
        InstancePool pool,
        GpuHealth health,
        LabelDrivenGpus labelDriven,
        MigEnabling enabling,
        Function<GpuDescription, Optional<GpuOffer>> lastOffer) {

    /**
     * Returns how a GPU of the pool stands, given what it answered last. Switches its MIG mode on if that is wanted.
     */
    GpuStanding standing(GpuLooks.Sight sight, GpuPlan wanted) {
        GpuDescription gpu = sight.gpu();
        try {
            MigMode mode =
                    switch (sight.seen()) {
                        case GpuLooks.Seen.Mode answer -> answer.mode();
                        case GpuLooks.Seen.Trouble trouble -> throw trouble.why();
                    };
            boolean migOn = mode.enabled();
            return switch (wanted.modeOf(gpu, migOn)) {
                case MIG -> migOn ? cut(gpu, mode, wanted) : afterEnabling(gpu, wanted);
                case HAMI_CORE -> migOn ? insteadOfMig(gpu, mode, wanted) : withoutMig(gpu, mode, wanted);
                case MPS ->
                    GpuStanding.outOfPool(
                            gpu,
                            GpuTrouble.MODE_NOT_SERVED,
                            "operatingmode mps is not served; set hami-core or mig in config.json");
            };
        } catch (GpuException e) {
            return unhealthy(gpu, e, wanted);
        }
    }

    /** Returns how a GPU stands that could not be asked: it keeps its mode and takes no new pods. */
    GpuStanding unhealthy(GpuDescription gpu, GpuException trouble, GpuPlan wanted) {
        return new GpuStanding(
                gpu,
                lastOffer
                        .apply(gpu)
                        .map(last ->
                                new GpuOffer(gpu, last.mode(), wanted.sharing().offer(), false)),
                Optional.of(new GpuCondition(GpuTrouble.GPU_UNHEALTHY, String.valueOf(trouble.getMessage()))));
    }

    private GpuStanding usable(GpuDescription gpu, GpuMode mode, GpuPlan wanted) {
        Optional<String> trouble =
                health.ailment(gpu.uuid()).or(() -> pool.trouble(gpu.uuid()).map(Throwable::getMessage));
        GpuOffer offer = new GpuOffer(gpu, mode, wanted.sharing().offer(), trouble.isEmpty());
        return trouble.map(note -> GpuStanding.hampered(offer, GpuTrouble.GPU_UNHEALTHY, note))
                .orElseGet(() -> GpuStanding.serving(offer));
    }

    /** Marks a GPU that serves in the wanted mode but will switch to the other one with its next reset. */
    private static GpuStanding untilReset(GpuStanding usable, MigMode mode) {
        if (!mode.resetRequired() || usable.condition().isPresent()) {
            return usable;
        }
        String gpu = usable.gpu().uuid();
        return usable.offer()
                .map(offer -> GpuStanding.hampered(
                        offer,
                        GpuTrouble.MIG_MODE_CHANGES_WITH_RESET,
                        "%s serves with MIG mode %s, but the next reset or reboot switches it %s; run nvidia-smi -i %s -mig %d to keep it"
                                .formatted(
                                        gpu,
                                        mode.enabled() ? "on" : "off",
                                        mode.pending() ? "on" : "off",
                                        gpu,
                                        mode.enabled() ? 1 : 0)))
                .orElse(usable);
    }

    private GpuStanding cut(GpuDescription gpu, MigMode mode, GpuPlan wanted) {
        enabling.forget(gpu.uuid());
        return untilReset(usable(gpu, GpuMode.MIG, wanted), mode);
    }

    private GpuStanding afterEnabling(GpuDescription gpu, GpuPlan wanted) throws GpuException {
        if (!gpu.migCapable()) {
            return GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.NO_MIG,
                    "operatingmode is mig but " + gpu.model()
                            + " has no MIG, or is a virtual GPU, which its host cuts; set operatingmode hami-core for it, or filter the GPU");
        }
        if (isUsedBy(gpu, ClaimedDevice.Shared.class)) {
            return waiting(gpu, GpuMode.HAMI_CORE, GpuMode.MIG, wanted);
        }
        Optional<GpuStanding> off = enabling.enable(gpu, trouble -> unhealthy(gpu, trouble, wanted));
        if (off.isPresent()) {
            return off.get();
        }
        // Profiles may have become readable only now.
        GpuDescription cuttable = driver.gpus().stream()
                .filter(other -> other.uuid().equals(gpu.uuid()))
                .findFirst()
                .orElse(gpu);
        return usable(cuttable, GpuMode.MIG, wanted);
    }

    /** An attempt to switch MIG mode on may have begun before configuration changed. */
    private GpuStanding withoutMig(GpuDescription gpu, MigMode mode, GpuPlan wanted) {
        if (enabling.forget(gpu.uuid())) {
            return GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.MIG_MODE_PENDING,
                    "operatingmode is hami-core, but MIG mode is still being switched on, as was wanted before; nothing need be done");
        }
        return shared(gpu, mode, wanted);
    }

    /**
     * Pods may have had instances there before a reboot switched MIG mode off; they count until they have ended or been
     * moved.
     */
    private GpuStanding shared(GpuDescription gpu, MigMode mode, GpuPlan wanted) {
        boolean promised = labelDriven.podsOn(gpu.uuid()).orElseGet(() -> List.copyOf(pool.claims())).stream()
                .anyMatch(claim -> has(claim, gpu, ClaimedDevice.Mig.class));
        if (promised) {
            return GpuStanding.hampered(
                    new GpuOffer(gpu, GpuMode.HAMI_CORE, wanted.sharing().offer(), false),
                    GpuTrouble.MODE_CHANGE_WAITS,
                    "MIG mode of %s is off, but pods have instances reserved there; it takes no new pods until they have ended or been moved"
                            .formatted(gpu.uuid()));
        }
        return untilReset(usable(gpu, GpuMode.HAMI_CORE, wanted), mode);
    }

    private GpuStanding insteadOfMig(GpuDescription gpu, MigMode mode, GpuPlan wanted) {
        if (isUsedBy(gpu, ClaimedDevice.Mig.class)) {
            return waiting(gpu, GpuMode.MIG, GpuMode.HAMI_CORE, wanted);
        }
        if (mode.resetRequired()) {
            return GpuStanding.outOfPool(
                    gpu,
                    GpuTrouble.GPU_RESET_REQUIRED,
                    "MIG mode ends only with a reset; %s -i %s, or reboot the node"
                            .formatted(RecoveryAction.GPU_RESET.remedy(), gpu.uuid()));
        }
        return GpuStanding.outOfPool(
                gpu,
                GpuTrouble.MIG_MODE_STILL_ON,
                "operatingmode is hami-core but MIG mode is on, and the pool never switches it off; run nvidia-smi -i "
                        + gpu.uuid() + " -mig 0, or set operatingmode mig");
    }

    /**
     * Returns whether pods use the GPU or are about to: a bound pod may not have started yet. While the pods are not
     * known, one may.
     */
    boolean isUsedBy(GpuDescription gpu, Class<? extends ClaimedDevice> kind) {
        return labelDriven
                .podsOn(gpu.uuid())
                .map(pods -> pods.stream().anyMatch(claim -> has(claim, gpu, kind)))
                .orElse(true);
    }

    private static boolean has(PodClaim claim, GpuDescription gpu, Class<? extends ClaimedDevice> kind) {
        return claim.containers().stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> kind.isInstance(device) && device.gpuUuid().equals(gpu.uuid()));
    }

    private static GpuStanding waiting(GpuDescription gpu, GpuMode present, GpuMode next, GpuPlan wanted) {
        return GpuStanding.hampered(
                new GpuOffer(gpu, present, wanted.sharing().offer(), false),
                GpuTrouble.MODE_CHANGE_WAITS,
                "operatingmode of %s is now %s; the GPU takes no new pods and changes when its present pods have ended"
                        .formatted(gpu.uuid(), next));
    }
}
