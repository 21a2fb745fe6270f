package io.migpool.extender.pool;

import io.migpool.contracts.mig.GpuInventory.IdleInstance;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.UnitMask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The capacity of a MIG GPU: how its units are used, what else could be cut from it as its instances lie, and what if
 * those were laid out again. Immutable.
 *
 * @param used units of pods' instances
 * @param idle units of instances that the next pod may take or that go when their room is needed
 * @param free other units that some profile can still be cut from
 * @param stranded free units that no profile can be cut from
 * @param blocked units that cannot be given to pods: instances of others, a GPU that is sick or cordoned
 * @param room what fits, by profile, smallest first; nothing fits a GPU that is sick or cordoned
 */
public record Capacity(int used, int idle, int free, int stranded, int blocked, List<ProfileRoom> room) {

    /**
     * How many more instances of a profile fit, if nothing else came.
     *
     * @param size its size in placement units
     * @param now alongside the present instances
     * @param repacked if the pods' instances on the same GPU could be laid out again; at least {@code now}
     */
    public record ProfileRoom(MigProfile profile, int size, int now, int repacked) {}

    public Capacity {
        room = List.copyOf(room);
    }

    /** Returns the capacity of a GPU. */
    public static Capacity of(MigGpu gpu) {
        if (gpu.board().units() == 0) {
            return new Capacity(0, 0, 0, 0, 0, List.of());
        }
        UnitMask all = UnitMask.range(0, gpu.board().units());
        UnitMask pods = gpu.units().pods();
        if (!gpu.inventory().healthy() || gpu.cordoned()) {
            return new Capacity(pods.count(), 0, 0, 0, all.minus(pods).count(), room(gpu, false));
        }
        UnitMask untaken = all.minus(gpu.taken());
        UnitMask reachable = reachable(gpu);
        UnitMask idle = idle(gpu);
        return new Capacity(
                pods.count(),
                idle.count(),
                reachable.minus(idle).count(),
                untaken.minus(reachable).minus(idle).count(),
                all.minus(untaken).minus(pods).count(),
                room(gpu, true));
    }

    private static UnitMask reachable(MigGpu gpu) {
        UnitMask reachable = UnitMask.EMPTY;
        for (int profile = 0; profile < gpu.board().size(); profile++) {
            if (gpu.board().allows(profile)) {
                for (Placement placement : gpu.board().profile(profile).placements()) {
                    if (gpu.admits(profile, placement)) {
                        reachable = reachable.union(placement.mask());
                    }
                }
            }
        }
        return reachable;
    }

    private static UnitMask idle(MigGpu gpu) {
        return gpu.inventory().idle().stream()
                .map(IdleInstance::placement)
                .map(Placement::mask)
                .filter(mask -> !mask.overlaps(gpu.taken()))
                .reduce(UnitMask.EMPTY, UnitMask::union);
    }

    private static List<ProfileRoom> room(MigGpu gpu, boolean usable) {
        List<ProfileRoom> room = new ArrayList<>();
        for (int profile = 0; profile < gpu.board().size(); profile++) {
            if (gpu.board().allows(profile)) {
                var capability = gpu.board().profile(profile);
                int now = usable ? instances(gpu, profile) : 0;
                int repacked = usable ? Math.max(now, repacked(gpu, profile)) : 0;
                room.add(new ProfileRoom(capability.profile(), capability.size(), now, repacked));
            }
        }
        return room;
    }

    /** Instances of one profile have one length, so taking the first that is free finds the most. */
    private static int instances(MigGpu gpu, int profile) {
        MigGpu filled = gpu;
        int count = 0;
        for (Placement placement : gpu.board().profile(profile).placements()) {
            if (filled.admits(profile, placement)) {
                filled = filled.plusInstance(profile, placement);
                count++;
            }
        }
        return count;
    }

    private static int repacked(MigGpu gpu, int profile) {
        int count = 0;
        InstanceCounts counts = gpu.counts();
        while (gpu.board().permits(profile, counts)
                && gpu.board().packs(gpu.units().fixed(), counts.plus(profile, 1))) {
            counts = counts.plus(profile, 1);
            count++;
        }
        return count;
    }

    /** Returns how many more instances of each profile fit alongside the present instances, by profile. */
    public Map<String, Integer> fits() {
        Map<String, Integer> fits = new TreeMap<>();
        room.forEach(r -> fits.put(r.profile().toString(), r.now()));
        return fits;
    }

    /** Returns by how many units a new layout would enlarge the room, summed over the profiles. */
    public int unitsToWin() {
        return room.stream().mapToInt(r -> r.size() * (r.repacked() - r.now())).sum();
    }

    /** Returns the units of room under a new layout of the instances, summed over the profiles. */
    public int unitsRepacked() {
        return room.stream().mapToInt(r -> r.size() * r.repacked()).sum();
    }

    /**
     * The part of the possible room that the present layout denies, 0 to 1.
     *
     * @param unitsToWin sum of {@link #unitsToWin}
     * @param unitsRepacked sum of {@link #unitsRepacked}
     */
    public static double fragmentation(long unitsToWin, long unitsRepacked) {
        return unitsRepacked == 0 ? 0 : (double) unitsToWin / unitsRepacked;
    }
}
