package io.migpool.deviceplugin.reservation;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.Slice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Finds another place for a slice that cannot be created where it is reserved: the same profile, on the same GPU if
 * possible, otherwise on another permitted one. A pure function.
 *
 * @param gpus the GPUs that the node offers
 * @param instances the existing instances
 * @param reserved the slices of all pods bound here, except the one to move
 * @param permitted whether the pod may be moved to a GPU, which must be of the same model
 * @param geometries the whole-GPU templates for a GPU; none means no restriction
 */
record EquivalentPlacement(
        List<GpuInventory> gpus,
        List<MigInstance> instances,
        Collection<Slice> reserved,
        Predicate<GpuInventory> permitted,
        Function<GpuInventory, List<MigGeometry>> geometries) {

    EquivalentPlacement {
        gpus = List.copyOf(gpus);
        instances = List.copyOf(instances);
        reserved = List.copyOf(reserved);
    }

    /**
     * Returns the best other place, if there is one: preferably near, then an idle instance to reuse, then the one that
     * leaves most room.
     */
    Optional<Slice> of(Slice blocked) {
        List<Slice> candidates = new ArrayList<>();
        for (GpuInventory gpu : gpus) {
            if (gpu.healthy() && gpu.mode() == GpuMode.MIG && permitted.test(gpu)) {
                candidates.addAll(freeOn(gpu, blocked));
            }
        }
        return candidates.stream()
                .min(Comparator.comparing((Slice slice) -> !slice.gpuUuid().equals(blocked.gpuUuid()))
                        .thenComparing(slice -> !isIdle(slice))
                        .thenComparingInt(slice -> -roomLeft(slice))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private List<Slice> freeOn(GpuInventory gpu, Slice blocked) {
        Optional<ProfileCapability> profile = gpu.profiles().stream()
                .filter(offered -> offered.profile().equals(blocked.profile()))
                .findFirst();
        if (profile.isEmpty() || !mayHaveOneMore(gpu, profile.get())) {
            return List.of();
        }
        UnitMask taken = taken(gpu.uuid());
        return profile.get().placements().stream()
                .filter(placement -> !taken.overlaps(placement.mask()))
                .map(placement -> new Slice(gpu.uuid(), blocked.profile(), placement))
                // Free as far as is known, but refused.
                .filter(slice -> !slice.equals(blocked))
                .toList();
    }

    private boolean mayHaveOneMore(GpuInventory gpu, ProfileCapability profile) {
        Map<MigProfile, Integer> counts = new HashMap<>();
        reserved.stream()
                .filter(slice -> slice.gpuUuid().equals(gpu.uuid()))
                .distinct()
                .forEach(slice -> counts.merge(slice.profile(), 1, Integer::sum));
        int count = counts.merge(profile.profile(), 1, Integer::sum);
        List<MigGeometry> templates = geometries.apply(gpu);
        return count <= profile.maxInstances()
                && (templates.isEmpty()
                        || templates.stream()
                                .anyMatch(template -> resolved(template, gpu).covers(counts)));
    }

    /** Returns a configured template with the driver's profile names. */
    private static MigGeometry resolved(MigGeometry template, GpuInventory gpu) {
        SortedMap<MigProfile, Integer> counts = new TreeMap<>();
        template.counts().forEach((name, count) -> gpu.resolve(name)
                .ifPresent(offered -> counts.merge(offered.profile(), count, Integer::sum)));
        return new MigGeometry(counts);
    }

    /** Returns the units that are reserved, or occupied by something that a new instance cannot replace. */
    private UnitMask taken(String gpuUuid) {
        UnitMask taken = UnitMask.EMPTY;
        for (Slice slice : reserved) {
            if (slice.gpuUuid().equals(gpuUuid)) {
                taken = taken.union(slice.placement().mask());
            }
        }
        for (MigInstance instance : instances) {
            if (instance.slice().gpuUuid().equals(gpuUuid) && instance.state() != InstanceState.IDLE) {
                taken = taken.union(instance.slice().placement().mask());
            }
        }
        return taken;
    }

    private boolean isIdle(Slice slice) {
        return instances.stream()
                .anyMatch(instance -> instance.state() == InstanceState.IDLE
                        && instance.slice().equals(slice));
    }

    /** Returns the units times placements of all profiles that remain possible on the GPU. */
    private int roomLeft(Slice slice) {
        UnitMask after = taken(slice.gpuUuid()).union(slice.placement().mask());
        return gpus.stream()
                .filter(gpu -> gpu.uuid().equals(slice.gpuUuid()))
                .flatMap(gpu -> gpu.profiles().stream())
                .flatMap(profile -> profile.placements().stream())
                .filter(placement -> !after.overlaps(placement.mask()))
                .mapToInt(Placement::size)
                .sum();
    }
}
