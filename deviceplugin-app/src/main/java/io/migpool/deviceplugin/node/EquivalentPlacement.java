package io.migpool.deviceplugin.node;

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
 * Finds another place for a slice that cannot be cut where it is reserved: the same profile, on the same GPU if it can be, else
 * on another that is permitted. Pure: all that it knows is given.
 *
 * @param gpus what the node offers
 * @param instances what exists on the GPUs
 * @param reserved every slice that a pod bound here holds, except the one to move
 * @param permitted whether a pod may be moved to that GPU: it has to be of the same model
 * @param geometries the whole-GPU templates for a GPU; none restrict nothing
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

    /** The best other place, if there is one: near, an idle instance taken as it is, else what leaves most room. */
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
                // Free as far as we know, and yet refused.
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

    /** In the driver's names; a template is as configuration writes it. */
    private static MigGeometry resolved(MigGeometry template, GpuInventory gpu) {
        SortedMap<MigProfile, Integer> counts = new TreeMap<>();
        template.counts().forEach((name, count) -> gpu.resolve(name)
                .ifPresent(offered -> counts.merge(offered.profile(), count, Integer::sum)));
        return new MigGeometry(counts);
    }

    /** Units that are promised, or in which something lies that a new instance cannot replace. */
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

    /** Units times placements of all profiles that are still possible on the GPU afterwards. */
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
