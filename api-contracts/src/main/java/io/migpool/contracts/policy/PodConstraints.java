package io.migpool.contracts.policy;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.Annotations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a pod's annotations say about the GPUs it accepts, with HAMi's meaning: types are case-insensitive parts of the
 * model name, UUIDs are exact, blank lists and blank list members are ignored.
 *
 * @param modeText value of {@code nvidia.com/vgpu-mode}, empty if absent
 * @param useTypes model name must contain one of these, lower case; empty means any
 * @param noUseTypes model name must contain none of these, lower case
 * @param useUuids only these GPUs; empty means any
 * @param noUseUuids none of these GPUs
 * @param arrangement how its devices must be placed relative to one another
 * @param ignored one sentence for each value that was ignored because it could not be understood
 */
public record PodConstraints(
        String modeText,
        List<String> useTypes,
        List<String> noUseTypes,
        Set<String> useUuids,
        Set<String> noUseUuids,
        Arrangement arrangement,
        List<String> ignored) {

    /** What Go's {@code strconv.ParseBool} accepts; HAMi uses it for these annotations. */
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");

    private static final Set<String> FALSE = Set.of("", "0", "f", "F", "false", "FALSE", "False");

    /** A pod that accepts every GPU. */
    public static final PodConstraints NONE =
            new PodConstraints("", List.of(), List.of(), Set.of(), Set.of(), Arrangement.FREE, List.of());

    public PodConstraints {
        useTypes = List.copyOf(useTypes);
        noUseTypes = List.copyOf(noUseTypes);
        useUuids = Set.copyOf(useUuids);
        noUseUuids = Set.copyOf(noUseUuids);
        ignored = List.copyOf(ignored);
    }

    /** Reads the constraints from a pod's annotations. */
    public static PodConstraints fromAnnotations(Map<String, String> annotations) {
        List<String> ignored = new ArrayList<>();
        return new PodConstraints(
                annotations.getOrDefault(Annotations.VGPU_MODE, "").strip(),
                members(annotations, Annotations.USE_GPU_TYPE)
                        .map(type -> type.toLowerCase(Locale.ROOT))
                        .toList(),
                members(annotations, Annotations.NO_USE_GPU_TYPE)
                        .map(type -> type.toLowerCase(Locale.ROOT))
                        .toList(),
                members(annotations, Annotations.USE_GPU_UUID).collect(Collectors.toSet()),
                members(annotations, Annotations.NO_USE_GPU_UUID).collect(Collectors.toSet()),
                new Arrangement(
                        flag(annotations, Annotations.NUMA_BIND, ignored),
                        flag(annotations, Annotations.SPREAD_DEVICES, ignored)),
                ignored);
    }

    private static boolean flag(Map<String, String> annotations, String key, List<String> ignored) {
        String value = annotations.getOrDefault(key, "").strip();
        if (!TRUE.contains(value) && !FALSE.contains(value)) {
            ignored.add("%s: '%s' is neither true nor false and is ignored".formatted(key, value));
        }
        return TRUE.contains(value);
    }

    private static Stream<String> members(Map<String, String> annotations, String key) {
        return Arrays.stream(annotations.getOrDefault(key, "").split(",", -1))
                .map(String::strip)
                .filter(member -> !member.isEmpty());
    }

    /** Returns how many characters of text the constraints hold. */
    public int characters() {
        return modeText.length()
                + Stream.of(useTypes, noUseTypes, useUuids, noUseUuids, ignored)
                        .flatMap(Collection::stream)
                        .mapToInt(String::length)
                        .sum();
    }

    /** Returns the annotation that rules this GPU out, or empty if the pod accepts it. */
    public Optional<String> refusing(GpuInventory gpu) {
        if (!gpu.mode().isAcceptedBy(modeText)) {
            return Optional.of(Annotations.VGPU_MODE);
        }
        if (!useTypes.isEmpty() && !isOneOf(useTypes, gpu)) {
            return Optional.of(Annotations.USE_GPU_TYPE);
        }
        if (!noUseTypes.isEmpty() && isOneOf(noUseTypes, gpu)) {
            return Optional.of(Annotations.NO_USE_GPU_TYPE);
        }
        if (!useUuids.isEmpty() && !useUuids.contains(gpu.uuid())) {
            return Optional.of(Annotations.USE_GPU_UUID);
        }
        if (!noUseUuids.isEmpty() && noUseUuids.contains(gpu.uuid())) {
            return Optional.of(Annotations.NO_USE_GPU_UUID);
        }
        return Optional.empty();
    }

    private static boolean isOneOf(List<String> types, GpuInventory gpu) {
        String model = gpu.model().toLowerCase(Locale.ROOT);
        return types.stream().anyMatch(model::contains);
    }
}
