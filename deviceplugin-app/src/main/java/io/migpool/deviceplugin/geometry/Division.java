package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A GPU instance without a place, divided into compute instances.
 *
 * @param offered its profile as the board offers it
 * @param computeSlices sizes of its compute instances, largest first
 */
record Division(ProfileCapability offered, List<Integer> computeSlices) {

    /**
     * Returns the ways to put MIG devices into GPU instances. The first way is mig-parted's: larger devices come before
     * smaller ones, and each goes into the GPU instance begun last, or into a new one if that has no room.
     *
     * @param offered the profiles that the board offers, including the GPU instance of each device
     * @param devices number of devices of each profile
     * @return none if they need more GPU instances than the board allows
     */
    static List<List<Division>> ways(List<ProfileCapability> offered, Map<MigProfile, Integer> devices) {
        List<List<Division>> ways = List.of(List.of());
        for (ProfileCapability instance : offered) {
            List<List<Division>> here = ways(instance, devices);
            ways = ways.stream()
                    .flatMap(way -> here.stream().map(more -> joined(way, more)))
                    .toList();
        }
        return ways;
    }

    private static List<Division> joined(List<Division> some, List<Division> more) {
        List<Division> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    private static List<List<Division>> ways(ProfileCapability instance, Map<MigProfile, Integer> devices) {
        long slices = 0;
        List<MigProfile> kinds = new ArrayList<>();
        for (Map.Entry<MigProfile, Integer> device : devices.entrySet()) {
            if (device.getKey().gpuInstance().equals(instance.profile())) {
                kinds.add(device.getKey());
                slices += (long) device.getKey().computeSlices() * device.getValue();
            }
        }
        if (slices > (long) instance.profile().gpuSlices() * instance.maxInstances()) {
            return List.of();
        }
        kinds.sort(Comparator.reverseOrder());
        Collection<List<Division>> ways = List.of(List.of());
        for (MigProfile kind : kinds) {
            for (int i = 0; i < devices.getOrDefault(kind, 0); i++) {
                Map<Map<Division, Long>, List<Division>> next = new LinkedHashMap<>();
                for (List<Division> way : ways) {
                    withOneMore(way, instance, kind.computeSlices())
                            .forEach(grown -> next.putIfAbsent(counted(grown), grown));
                }
                ways = next.values();
            }
        }
        return List.copyOf(ways);
    }

    private static Map<Division, Long> counted(List<Division> way) {
        return way.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    private static List<List<Division>> withOneMore(List<Division> way, ProfileCapability instance, int slices) {
        List<List<Division>> grown = new ArrayList<>();
        if (way.size() < instance.maxInstances()) {
            grown.add(joined(way, List.of(new Division(instance, List.of(slices)))));
        }
        for (int i = way.size() - 1; i >= 0; i--) {
            if (way.get(i).hasRoomFor(slices)) {
                List<Division> fuller = new ArrayList<>(way);
                fuller.set(i, way.get(i).with(slices));
                grown.add(i == way.size() - 1 ? 0 : grown.size(), fuller);
            }
        }
        return grown;
    }

    private boolean hasRoomFor(int slices) {
        return computeSlices.stream().mapToInt(Integer::intValue).sum() + slices
                <= offered.profile().gpuSlices();
    }

    private Division with(int slices) {
        List<Integer> all = new ArrayList<>(computeSlices);
        all.add(slices);
        return new Division(offered, all);
    }

    /** Returns the same at a place. */
    LaidInstance at(Placement placement) {
        return new LaidInstance(offered.profile(), placement, computeSlices);
    }
}
