package io.migpool.contracts.mig;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a MIG device: {@code 3g.20gb}, {@code 1c.3g.20gb}, {@code 1g.10gb+me}, {@code 1g.24gb-me},
 * {@code 2g.48gb+gfx}.
 *
 * <p>Grammar (NVIDIA go-nvlib, {@code mig_profile.go}):
 *
 * <pre>
 * profile := [C "c."] G "g." GB "gb" [ ("+" | "-") attribute { "," attribute } ]
 * attribute := [A-Za-z0-9.]+, not starting with a digit, not beginning or ending with "."
 * </pre>
 *
 * <p>{@code 3c.3g.20gb} and {@code 3g.20gb} are the same profile; attributes are a set, kept sorted.
 *
 * @param computeSlices compute slices of the compute instance (C), at least 1 and at most {@code gpuSlices}; {@code 0}
 *     only together with {@code gpuSlices} 0
 * @param gpuSlices compute slices of the GPU instance (G), at most 9999
 * @param memoryGB nominal memory in GB as in the name, at most 999999; NVML reports the exact size
 * @param attributes attributes after {@code +}, sorted, for example {@code [me.all]}
 * @param excluded attributes after {@code -}, sorted, for example {@code [me]}
 */
public record MigProfile(int computeSlices, int gpuSlices, int memoryGB, List<String> attributes, List<String> excluded)
        implements Comparable<MigProfile> {

    private static final Pattern GRAMMAR =
            Pattern.compile("(?:(\\d{1,4})c\\.)?(\\d{1,4})g\\.(\\d{1,6})gb(?:([+-])(.*))?");
    private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z](?:[A-Za-z0-9.]*[A-Za-z0-9])?");
    private static final int MOST_SLICES = 9_999;
    private static final int MOST_GB = 999_999;
    private static final int MIB_PER_GB = 1024;
    private static final int MEMORY_SLICES = 8;

    private static final Comparator<MigProfile> ORDER = Comparator.comparingInt(MigProfile::gpuSlices)
            .thenComparingInt(MigProfile::computeSlices)
            .thenComparingInt(MigProfile::memoryGB)
            .thenComparing(p -> String.join(",", p.attributes))
            .thenComparing(p -> String.join(",", p.excluded));

    public MigProfile {
        boolean slices = gpuSlices == 0 ? computeSlices == 0 : computeSlices >= 1 && computeSlices <= gpuSlices;
        if (!slices || gpuSlices > MOST_SLICES || memoryGB < 0 || memoryGB > MOST_GB) {
            throw new IllegalArgumentException(
                    "MIG profile with %d compute slices of %d and %d GB; compute slices must be 1 to the GPU instance's, at most %d, and memory 0 to %d GB"
                            .formatted(computeSlices, gpuSlices, memoryGB, MOST_SLICES, MOST_GB));
        }
        attributes = canonical(attributes);
        excluded = canonical(excluded);
        if (!attributes.isEmpty() && !excluded.isEmpty()) {
            throw new IllegalArgumentException(
                    "MIG profile with both + and - attributes: +%s -%s; only one kind is allowed"
                            .formatted(String.join(",", attributes), String.join(",", excluded)));
        }
    }

    /** Returns a profile without attributes whose compute instance takes the whole GPU instance. */
    public static MigProfile of(int gpuSlices, int memoryGB) {
        return new MigProfile(gpuSlices, gpuSlices, memoryGB, List.of(), List.of());
    }

    /**
     * Parses a profile name.
     *
     * @throws IllegalArgumentException if the name does not follow the grammar; the message has the name and the
     *     expected form
     */
    public static MigProfile parse(String name) {
        Matcher m = GRAMMAR.matcher(name);
        if (!m.matches()) {
            throw malformed(name, "it does not follow the grammar");
        }
        int g = Integer.parseInt(m.group(2));
        int c = m.group(1) == null ? g : Integer.parseInt(m.group(1));
        if (c > g || (m.group(1) != null && c == 0)) {
            throw malformed(name, "it has " + c + " compute slices in a GPU instance of " + g);
        }
        List<String> listed =
                m.group(4) == null ? List.of() : List.of(m.group(5).split(",", -1));
        for (String attribute : listed) {
            if (!isAttribute(attribute)) {
                throw malformed(name, "attribute '" + attribute + "' is not a name");
            }
        }
        if (listed.stream().distinct().count() != listed.size()) {
            throw malformed(name, "an attribute is listed twice");
        }
        boolean negative = "-".equals(m.group(4));
        return new MigProfile(
                c, g, Integer.parseInt(m.group(3)), negative ? List.of() : listed, negative ? listed : List.of());
    }

    private static IllegalArgumentException malformed(String name, String why) {
        return new IllegalArgumentException("'" + name + "' is not a MIG profile name: " + why
                + "; expected a form like 1g.10gb, 1c.3g.20gb, 1g.10gb+me or 1g.24gb-me");
    }

    private static List<String> canonical(List<String> names) {
        for (String name : names) {
            if (!isAttribute(name)) {
                throw new IllegalArgumentException(
                        "'" + name
                                + "' is not an attribute of a MIG profile; expected letters, digits and inner dots, a letter first");
            }
        }
        return names.stream().sorted().distinct().toList();
    }

    private static boolean isAttribute(String name) {
        return ATTRIBUTE.matcher(name).matches();
    }

    /**
     * Returns the GB in a profile's name, computed as NVIDIA's tools do (go-nvlib, {@code getMigMemorySizeGB}): whole
     * eighths of the board's memory, rounded up, times the board's GiB, rounded up.
     *
     * @param memoryMiB memory of the profile in MiB, as NVML reports it
     * @param totalMiB memory of the board in MiB, at least 1
     */
    public static int nominalMemoryGB(long memoryMiB, long totalMiB) {
        long eighths = Math.ceilDiv(memoryMiB * MEMORY_SLICES, totalMiB);
        long boardGB = Math.ceilDiv(totalMiB, MIB_PER_GB);
        return Math.toIntExact((eighths * boardGB + MEMORY_SLICES / 2) / MEMORY_SLICES);
    }

    /** Returns the nominal memory in MiB, the largest request that fits (10240 for {@code 1g.10gb}). */
    public long nominalMemoryMiB() {
        return (long) memoryGB * MIB_PER_GB;
    }

    /** Returns whether the compute instance takes only part of its GPU instance, as in {@code 1c.3g.20gb}. */
    public boolean sharesGpuInstance() {
        return computeSlices < gpuSlices;
    }

    /**
     * Returns whether boards offer compute instances of this size: the whole GPU instance, or at most half of it,
     * rounded up (go-nvlib, {@code device.go}).
     */
    public boolean isOfferedSize() {
        return !sharesGpuInstance() || 2 * computeSlices <= gpuSlices + 1;
    }

    /** Returns the profile of a compute instance of that many slices in the same GPU instance. */
    public MigProfile withComputeSlices(int slices) {
        return new MigProfile(slices, gpuSlices, memoryGB, attributes, excluded);
    }

    /** Returns the profile of the GPU instance: {@code 3g.20gb} for {@code 1c.3g.20gb}. */
    public MigProfile gpuInstance() {
        return withComputeSlices(gpuSlices);
    }

    /** Returns whether the profile has neither {@code +} nor {@code -} attributes. */
    public boolean isPlain() {
        return attributes.isEmpty() && excluded.isEmpty();
    }

    /** Returns the name as part of a Kubernetes resource name, where {@code +} is not allowed: {@code 1g.10gb.me}. */
    public String resourceSuffix() {
        return toString().replace('+', '.');
    }

    @Override
    public int compareTo(MigProfile other) {
        return ORDER.compare(this, other);
    }

    /** Returns the canonical name; {@link #parse} turns it into an equal profile. */
    @Override
    public String toString() {
        StringBuilder name = new StringBuilder();
        if (sharesGpuInstance()) {
            name.append(computeSlices).append("c.");
        }
        name.append(gpuSlices).append("g.").append(memoryGB).append("gb");
        if (!attributes.isEmpty()) {
            name.append('+').append(String.join(",", attributes));
        } else if (!excluded.isEmpty()) {
            name.append('-').append(String.join(",", excluded));
        }
        return name.toString();
    }
}
