package io.migpool.deviceplugin.geometry;

import java.util.List;

/** What GPUs are to be brought to. */
public sealed interface Target {

    /**
     * What a configuration says, wherever on a GPU its instances come to lie.
     *
     * @param entries of the configuration
     */
    record Layout(List<MigSpecEntry> entries) implements Target {}

    /**
     * Only the MIG modes of a configuration. A GPU whose mode is right keeps what is on it.
     *
     * @param entries of the configuration
     */
    record Modes(List<MigSpecEntry> entries) implements Target {}

    /**
     * Exactly what was there once, each instance at its place.
     *
     * @param snapshot of when it was
     */
    record Places(LayoutSnapshot snapshot) implements Target {}

    /**
     * Only the MIG modes that were there once. A GPU whose mode is right keeps what is on it.
     *
     * @param snapshot of when they were
     */
    record FormerModes(LayoutSnapshot snapshot) implements Target {}

    /** The same, as far as MIG modes go. */
    default Target modesOnly() {
        return switch (this) {
            case Layout(List<MigSpecEntry> entries) -> new Modes(entries);
            case Places(LayoutSnapshot snapshot) -> new FormerModes(snapshot);
            case Modes _, FormerModes _ -> this;
        };
    }
}
