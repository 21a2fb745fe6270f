package io.migpool.contracts.mig;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a GPU is shared; the values of {@code operatingmode} and of {@code mode} in the node registration. */
public enum GpuMode {
    /** Software sharing through an intercepting library: several containers share the whole GPU. */
    HAMI_CORE("hami-core"),
    /** Hardware partitions, created on demand. */
    MIG("mig"),
    /** CUDA Multi-Process Service; known on the wire, not served by MigPool. */
    MPS("mps");

    private final String wireName;

    GpuMode(String wireName) {
        this.wireName = wireName;
    }

    /** Returns the spelling used in annotations and configuration files. */
    public String wireName() {
        return wireName;
    }

    /** Returns the mode with this spelling, ignoring case, or empty. */
    public static Optional<GpuMode> byWireName(String name) {
        return Arrays.stream(values())
                .filter(mode -> mode.wireName.equalsIgnoreCase(name.strip()))
                .findFirst();
    }

    /** Returns whether a pod with this {@code nvidia.com/vgpu-mode} accepts such a GPU; an empty value accepts any. */
    public boolean isAcceptedBy(String vgpuMode) {
        return vgpuMode.isBlank() || vgpuMode.toLowerCase(Locale.ROOT).contains(wireName);
    }

    /** Returns all spellings, for messages. */
    public static String wireNames() {
        return Arrays.stream(values()).map(GpuMode::wireName).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return wireName;
    }
}
