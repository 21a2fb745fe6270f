package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.GpuFeatures.Engines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Engines that instances do not share. There are fewer of them than places, so instances that fit side by side may need
 * more than the GPU has: {@code +me} can exist only once, and only {@code -me} alongside {@code +me.all}. Copy engines
 * are not included: they have never prevented the creation of an instance.
 *
 * @param byProfile engines of one instance of each profile; a profile that is not listed is never refused
 */
record MediaEngines(Map<MigProfile, Engines> byProfile) {

    private static final Map<String, ToIntFunction<Engines>> KINDS = Map.of(
            "decoders (NVDEC)", Engines::decoder,
            "encoders (NVENC)", Engines::encoder,
            "JPEG decoders (NVJPG)", Engines::jpeg,
            "optical flow engines (OFA)", Engines::ofa);

    MediaEngines {
        byProfile = Map.copyOf(byProfile);
    }

    /**
     * Returns, as a sentence, the engines of which a GPU has too few; empty if it has enough.
     *
     * @param gpuInstances the profile of each GPU instance
     */
    Optional<String> lacking(List<MigProfile> gpuInstances) {
        Map<MigProfile, Integer> instances = new TreeMap<>();
        gpuInstances.forEach(profile -> instances.merge(profile, 1, Integer::sum));
        return KINDS.keySet().stream()
                .sorted()
                .flatMap(kind -> lacking(kind, instances).stream())
                .findFirst();
    }

    private Optional<String> lacking(String kind, Map<MigProfile, Integer> instances) {
        ToIntFunction<Engines> number = KINDS.getOrDefault(kind, _ -> 0);
        int there = byProfile.values().stream().mapToInt(number).max().orElse(0);
        int wanted = instances.entrySet().stream()
                .filter(entry -> byProfile.containsKey(entry.getKey()))
                .mapToInt(entry -> entry.getValue() * number.applyAsInt(byProfile.get(entry.getKey())))
                .sum();
        return wanted <= there
                ? Optional.empty()
                : Optional.of("%s take %d %s together, the GPU has %d".formatted(instances, wanted, kind, there));
    }
}
