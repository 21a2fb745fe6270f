package io.migpool.contracts.policy;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.wire.Annotations;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 * @param misunderstood why no decision may be made until a value is corrected; empty if all is understood
 */
public record PodConstraints(
        String modeText,
        List<String> useTypes,
        List<String> noUseTypes,
        Set<String> useUuids,
        Set<String> noUseUuids,
        Arrangement arrangement,
        List<String> ignored,
        Optional<String> misunderstood) {

    /** What Go's {@code strconv.ParseBool} accepts; HAMi uses it for these annotations. */
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");

    private static final Set<String> FALSE = Set.of("", "0", "f", "F", "false", "FALSE", "False");

    /** A pod that accepts every GPU. */
    public static final PodConstraints NONE = new PodConstraints(
            "", List.of(), List.of(), Set.of(), Set.of(), Arrangement.FREE, List.of(), Optional.empty());

    public PodConstraints {
        useTypes = List.copyOf(useTypes);
        noUseTypes = List.copyOf(noUseTypes);
        useUuids = Set.copyOf(useUuids);
        noUseUuids = Set.copyOf(noUseUuids);
        ignored = List.copyOf(ignored);
    }

    /** Reads the constraints from a pod's annotations; none of a list that is too long. */
    public static PodConstraints fromAnnotations(Map<String, String> annotations) {
        List<String> ignored = new ArrayList<>();
        List<String> tooLong = new ArrayList<>();
        return new PodConstraints(
                mode(annotations, tooLong),
                types(annotations, Annotations.USE_GPU_TYPE, tooLong),
                types(annotations, Annotations.NO_USE_GPU_TYPE, tooLong),
                Set.copyOf(members(annotations, Annotations.USE_GPU_UUID, tooLong)),
                Set.copyOf(members(annotations, Annotations.NO_USE_GPU_UUID, tooLong)),
                new Arrangement(
                        flag(annotations, Annotations.NUMA_BIND, ignored),
                        flag(annotations, Annotations.SPREAD_DEVICES, ignored)),
                ignored,
                tooLong.stream().findFirst());
    }

    private static String mode(Map<String, String> annotations, List<String> tooLong) {
        String mode = annotations.getOrDefault(Annotations.VGPU_MODE, "").strip();
        if (mode.length() <= Excerpt.MOST_CHARACTERS) {
            return mode;
        }
        tooLong.add(MemberList.tooLong(Annotations.VGPU_MODE, mode.length(), "characters", Excerpt.MOST_CHARACTERS));
        return "";
    }

    private static boolean flag(Map<String, String> annotations, String key, List<String> ignored) {
        String value = annotations.getOrDefault(key, "").strip();
        if (!TRUE.contains(value) && !FALSE.contains(value)) {
            ignored.add("%s: '%s' is neither true nor false and is ignored".formatted(key, new Excerpt(value)));
        }
        return TRUE.contains(value);
    }

    private static List<String> types(Map<String, String> annotations, String key, List<String> tooLong) {
        return members(annotations, key, tooLong).stream()
                .map(type -> type.toLowerCase(Locale.ROOT))
                .toList();
    }

    private static List<String> members(Map<String, String> annotations, String key, List<String> tooLong) {
        MemberList list = MemberList.of(key, annotations.getOrDefault(key, ""));
        list.tooLong().ifPresent(tooLong::add);
        return list.members();
    }

    /** Returns how many characters of text the constraints hold. */
    public int characters() {
        return modeText.length()
                + Stream.of(useTypes, noUseTypes, useUuids, noUseUuids, ignored)
                        .flatMap(Collection::stream)
                        .mapToInt(String::length)
                        .sum()
                + misunderstood.map(String::length).orElse(0);
    }

    /** Returns whether the pod accepts this GPU; it accepts none as long as it is not understood. */
    public boolean accepts(GpuInventory gpu) {
        return misunderstood.isEmpty()
                && gpu.mode().isAcceptedBy(modeText)
                && refusingModel(gpu.model()).isEmpty()
                && refusingUuid(gpu.uuid()).isEmpty();
    }

    /** Returns the annotation that rules out all GPUs of this model, or empty if there is none. */
    public Optional<String> refusingModel(String model) {
        String lowerCase = model.toLowerCase(Locale.ROOT);
        if (!useTypes.isEmpty() && useTypes.stream().noneMatch(lowerCase::contains)) {
            return Optional.of(Annotations.USE_GPU_TYPE);
        }
        return noUseTypes.stream().anyMatch(lowerCase::contains)
                ? Optional.of(Annotations.NO_USE_GPU_TYPE)
                : Optional.empty();
    }

    /** Returns the annotation that rules out the GPU with this UUID, or empty if there is none. */
    public Optional<String> refusingUuid(String uuid) {
        if (!useUuids.isEmpty() && !useUuids.contains(uuid)) {
            return Optional.of(Annotations.USE_GPU_UUID);
        }
        return noUseUuids.contains(uuid) ? Optional.of(Annotations.NO_USE_GPU_UUID) : Optional.empty();
    }
}
