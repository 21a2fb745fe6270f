package io.migpool.deviceplugin.health;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which errors count against a GPU. The switches have the same names and meaning as in NVIDIA's device plugin: without
 * them, Xids that a faulty program causes are ignored.
 *
 * @param enabled whether the driver's events and recovery actions count at all
 * @param ignored Xids that do not count
 */
public record HealthChecks(boolean enabled, Set<Long> ignored) {

    /** {@code all} or {@code xids}: nothing counts; otherwise, additional Xids to ignore, separated by commas. */
    public static final String DISABLE_KEY = "DP_DISABLE_HEALTHCHECKS";

    /** {@code all}: no Xid is ignored; otherwise, Xids that count in any case, separated by commas. */
    public static final String ENABLE_KEY = "DP_ENABLE_HEALTHCHECKS";

    /**
     * Xids that programs cause themselves: graphics engine exception, memory page fault, reset channel, preemptive
     * cleanup, video processor exception, context switch timeout (NVIDIA's Xid catalogue).
     */
    private static final Set<Long> CAUSED_BY_PROGRAMS = Set.of(13L, 31L, 43L, 45L, 68L, 109L);

    private static final String ALL = "all";
    private static final String XIDS = "xids";

    public HealthChecks {
        ignored = Set.copyOf(ignored);
    }

    /**
     * Reads the switches; list elements that are not numbers are skipped, as in NVIDIA's plugin.
     *
     * @param disable value of {@link #DISABLE_KEY}, empty if it is not set
     * @param enable value of {@link #ENABLE_KEY}, empty if it is not set
     */
    public static HealthChecks of(String disable, String enable) {
        Set<String> off = words(disable);
        Set<String> on = words(enable);
        if (on.contains(ALL)) {
            return new HealthChecks(true, Set.of());
        }
        if (off.contains(ALL) || off.contains(XIDS)) {
            return new HealthChecks(false, Set.of());
        }
        Set<Long> ignored = new HashSet<>(CAUSED_BY_PROGRAMS);
        ignored.addAll(numbers(off));
        ignored.removeAll(numbers(on));
        return new HealthChecks(true, ignored);
    }

    private static Set<String> words(String list) {
        return Arrays.stream(list.toLowerCase(Locale.ROOT).split(",", -1))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toSet());
    }

    static Set<Long> numbers(Set<String> words) {
        return words.stream()
                .filter(word -> word.matches("\\d{1,18}"))
                .map(Long::valueOf)
                .collect(Collectors.toSet());
    }

    /** Returns whether a GPU or an instance with this Xid is unfit for new pods. */
    boolean counts(long xid) {
        return enabled && !ignored.contains(xid);
    }
}
