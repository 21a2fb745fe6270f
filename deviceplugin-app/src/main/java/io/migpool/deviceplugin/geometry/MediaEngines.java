package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.GpuFeatures.Engines;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Engines that instances do not share. There are fewer than places, so that instances which fit side by side may want more of
 * them than the GPU has: {@code +me} exists once, and {@code +me.all} bears only {@code -me} beside it. Copy engines are not
 * among them: they have never kept an instance from being made.
 *
 * @param byProfile what one instance of each profile takes; nothing is refused for a profile that is not told
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

    /** What a GPU has too few of for these instances, as a sentence; empty if it has enough of all. */
    Optional<String> lacking(Map<MigProfile, Integer> instances) {
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
