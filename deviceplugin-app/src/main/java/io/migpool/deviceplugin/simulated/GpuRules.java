package io.migpool.deviceplugin.simulated;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rules of a GPU: pure decisions over its board and its present state, for one call of the driver.
 *
 * @param call the call, for messages
 * @param gpu its present state
 */
record GpuRules(String call, Board board, GpuState gpu) {

    void requirePresent() throws GpuException {
        if (gpu.lost()) {
            throw refusal(GpuErrorCode.GPU_LOST, "the GPU fell off the bus");
        }
    }

    void requireMigSupport() throws GpuException {
        if (board.migSupport() == MigSupport.NONE) {
            throw refusal(GpuErrorCode.NOT_SUPPORTED, board.model() + " has no MIG");
        }
    }

    GpuState enableMig() throws GpuException {
        requireMigSupport();
        if (gpu.migEnabled()) {
            return gpu.withMigMode(true, true);
        }
        if (!gpu.holders().isEmpty()) {
            throw refusal(GpuErrorCode.IN_USE, "the GPU is not idle, it is held by " + pids(gpu.holders()));
        }
        boolean atOnce = board.migSupport() == MigSupport.AT_ONCE;
        return gpu.withMigMode(atOnce, true);
    }

    GpuState disableMig() throws GpuException {
        requireMigSupport();
        if (!gpu.migEnabled()) {
            return gpu.withMigMode(false, false);
        }
        if (!gpu.holders().isEmpty() || !gpu.instances().isEmpty()) {
            throw refusal(
                    GpuErrorCode.IN_USE,
                    "the GPU is not idle: %d instances, held by %s"
                            .formatted(gpu.instances().size(), pids(gpu.holders())));
        }
        boolean atOnce = board.migSupport() == MigSupport.AT_ONCE;
        return gpu.withMigMode(!atOnce, false);
    }

    /** Returns the instance that would be created. */
    GpuState.Instance newInstance(MigProfile profile, Placement placement) throws GpuException {
        requireMigMode();
        if (profile.sharesGpuInstance()) {
            throw refusal(GpuErrorCode.INVALID_ARGUMENT, profile + " names a part of a GPU instance");
        }
        Board.Profile offered = board.profile(profile)
                .orElseThrow(() -> refusal(GpuErrorCode.NOT_FOUND, board.model() + " does not offer " + profile));
        if (!offered.capability().allows(placement)) {
            throw refusal(
                    GpuErrorCode.INVALID_ARGUMENT,
                    "%s cannot be placed at %s, only at %s"
                            .formatted(profile, placement, offered.capability().placements()));
        }
        for (GpuState.Instance other : gpu.instances()) {
            if (other.placement().overlaps(placement)) {
                throw refusal(
                        GpuErrorCode.INSUFFICIENT_RESOURCES,
                        "%s at %s would overlap %s at %s (GPU instance %d)"
                                .formatted(profile, placement, other.profile(), other.placement(), other.id()));
            }
        }
        requireRoomFor(offered);
        return new GpuState.Instance(freeId(placement), profile, placement, List.of());
    }

    private void requireMigMode() throws GpuException {
        requireMigSupport();
        if (gpu.migEnabled()) {
            return;
        }
        throw gpu.migPending()
                ? refusal(GpuErrorCode.RESET_REQUIRED, "MIG mode is pending")
                : refusal(GpuErrorCode.NOT_SUPPORTED, "MIG mode is off");
    }

    private void requireRoomFor(Board.Profile wanted) throws GpuException {
        MigProfile profile = wanted.capability().profile();
        int most = wanted.capability().maxInstances();
        long existing = gpu.instances().stream()
                .filter(i -> i.profile().equals(profile))
                .count();
        if (existing >= most) {
            throw refusal(
                    GpuErrorCode.INSUFFICIENT_RESOURCES,
                    "%d of %s exist already, the board allows %d".formatted(existing, profile, most));
        }
        MediaEngines engines = gpu.instances().stream()
                .flatMap(i -> board.profile(i.profile()).stream())
                .map(Board.Profile::engines)
                .reduce(wanted.engines(), MediaEngines::plus);
        if (!engines.fitsIn(board.engines())) {
            throw refusal(
                    GpuErrorCode.INSUFFICIENT_RESOURCES,
                    "with %s the instances would take %s, the board has %s"
                            .formatted(profile, engines, board.engines()));
        }
    }

    /**
     * Returns the id that real drivers have been seen to assign. For most sizes it numbers the places (whole 0,
     * quarters from 3, eighths from 7), but of two halves the first instance gets 2 and the second 1, wherever they
     * are: no code should compute with ids.
     */
    private int freeId(Placement placement) {
        int parts = board.units() / placement.size();
        if (parts == 2) {
            return gpu.instance(2).isPresent() ? 1 : 2;
        }
        return parts - 1 + placement.start() / placement.size();
    }

    /** Returns the compute instance that would be created, with this many slices and this UUID. */
    GpuState.Compute newCompute(GpuState.Instance instance, int slices, String migUuid) throws GpuException {
        int all = instance.profile().gpuSlices();
        if (slices < 1
                || slices > all
                || !instance.profile().withComputeSlices(slices).isOfferedSize()) {
            throw refusal(
                    GpuErrorCode.NOT_SUPPORTED,
                    "%s has no compute instance of %d slices".formatted(instance.profile(), slices));
        }
        int free = all - instance.computeSlicesUsed();
        if (slices > free) {
            throw refusal(
                    GpuErrorCode.INSUFFICIENT_RESOURCES,
                    "a compute instance of %d slices in GPU instance %d (%s), of which %d slices are free"
                            .formatted(slices, instance.id(), instance.profile(), free));
        }
        int id = IntStream.iterate(0, i -> i + 1)
                .filter(i -> instance.compute().stream().noneMatch(c -> c.id() == i))
                .findFirst()
                .getAsInt();
        return new GpuState.Compute(id, slices, migUuid);
    }

    GpuState destroyCompute(GpuInstance described, ComputeInstance compute) throws GpuException {
        GpuState.Instance instance = find(described);
        List<GpuState.Compute> rest = new ArrayList<>(instance.compute());
        if (!rest.removeIf(c -> c.id() == compute.id() && c.migUuid().equals(compute.migUuid()))) {
            throw refusal(
                    GpuErrorCode.NOT_FOUND,
                    "compute instance %d (%s) of %s is gone".formatted(compute.id(), compute.migUuid(), described));
        }
        requireUnused(
                compute.migUuid(),
                gpu.holders().stream()
                        .filter(h -> h.gpuInstanceId() == instance.id() && h.computeInstanceId() == compute.id())
                        .toList());
        return gpu.with(instance.withCompute(rest));
    }

    GpuState destroyInstance(GpuInstance described) throws GpuException {
        GpuState.Instance instance = find(described);
        if (!instance.compute().isEmpty()) {
            throw refusal(
                    GpuErrorCode.IN_USE,
                    "%s still has compute instance %s"
                            .formatted(described, instance.compute().getFirst().migUuid()));
        }
        requireUnused(
                described.toString(),
                gpu.holders().stream()
                        .filter(h -> h.gpuInstanceId() == instance.id())
                        .toList());
        return gpu.without(instance.id());
    }

    /** Returns the instance that a caller means; one that merely has the same id does not count. */
    GpuState.Instance find(GpuInstance described) throws GpuException {
        requireMigMode();
        return gpu.instance(described.id())
                .filter(i -> gpu.describe(i).isSameAs(described))
                .orElseThrow(() -> refusal(GpuErrorCode.NOT_FOUND, described + " is gone"));
    }

    /** Returns the state after a reset: no instances, the pending mode in force, back on the bus. */
    GpuState reset() throws GpuException {
        if (!gpu.holders().isEmpty()) {
            throw refusal(GpuErrorCode.IN_USE, "the GPU is held by " + pids(gpu.holders()));
        }
        return gpu.withMigMode(gpu.migPending(), gpu.migPending())
                .withLost(false)
                .withRecovery(RecoveryAction.NONE)
                .withInstances(List.of());
    }

    /**
     * Returns the state after a reboot: as after a reset, without processes; only Ampere remembers a requested MIG
     * mode.
     */
    GpuState reboot() throws GpuException {
        boolean remembered = board.migSupport() == MigSupport.AFTER_RESET && gpu.migPending();
        return new GpuRules(call, board, gpu.withHolders(List.of()).withMigMode(gpu.migEnabled(), remembered)).reset();
    }

    private void requireUnused(String what, List<GpuState.Holder> holders) throws GpuException {
        if (!holders.isEmpty()) {
            throw refusal(GpuErrorCode.IN_USE, what + " is held by " + pids(holders));
        }
    }

    /** Returns the process ids as a driver would report them: invisible holders are not listed. */
    private static String pids(List<GpuState.Holder> holders) {
        List<Long> pids = holders.stream()
                .filter(GpuState.Holder::visible)
                .map(GpuState.Holder::pid)
                .toList();
        return pids.isEmpty() ? "another client that the driver does not list" : "processes " + pids;
    }

    GpuException refusal(GpuErrorCode code, String detail) {
        return new GpuException(code, call, gpu.uuid(), detail);
    }
}
