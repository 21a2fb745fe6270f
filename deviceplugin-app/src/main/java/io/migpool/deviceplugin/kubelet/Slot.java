package io.migpool.deviceplugin.kubelet;

import java.util.Collection;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * One unit of the count resource as kubelet sees it: an opaque name, not tied to any GPU.
 *
 * @param number from 0
 * @param healthy whether kubelet may give it to a pod
 */
public record Slot(int number, boolean healthy) {

    private static final String PREFIX = "mp-";
    private static final Pattern DIGITS = Pattern.compile("\\d{3,9}");

    /** Orders ids: ours by number, because the names only grow longer. */
    public static final Comparator<String> ORDER =
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

    public Slot {
        if (number < 0) {
            throw new IllegalArgumentException("slot number " + number + "; it must be 0 or more");
        }
    }

    /** Returns the device id that kubelet knows: {@code mp-007}. */
    public String id() {
        return PREFIX + "%03d".formatted(number);
    }

    /** Returns it as kubelet sees it. */
    public OfferedDevice offered() {
        return new OfferedDevice(id(), healthy, OptionalInt.empty());
    }

    /** Returns the number in a device id; empty for ids that are not ours. */
    public static OptionalInt numberOf(String id) {
        String digits = id.startsWith(PREFIX) ? id.substring(PREFIX.length()) : "";
        return DIGITS.matcher(digits).matches() ? OptionalInt.of(Integer.parseInt(digits)) : OptionalInt.empty();
    }

    /** Returns device ids in the order of their numbers. */
    public static NavigableSet<String> sorted(Collection<String> ids) {
        NavigableSet<String> sorted = new TreeSet<>(ORDER);
        sorted.addAll(ids);
        return sorted;
    }
}
