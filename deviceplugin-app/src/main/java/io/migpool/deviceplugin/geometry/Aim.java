package io.migpool.deviceplugin.geometry;

import java.util.List;

/** What GPUs are to be brought to. */
public sealed interface Aim {

    /**
     * What a configuration says, wherever on a GPU its instances come to lie.
     *
     * @param entries of the configuration
     */
    record Layout(List<MigSpecEntry> entries) implements Aim {}

    /**
     * Only the MIG modes of a configuration. A GPU whose mode is right keeps what is on it.
     *
     * @param entries of the configuration
     */
    record Modes(List<MigSpecEntry> entries) implements Aim {}

    /**
     * Exactly what was there once, each instance at its place.
     *
     * @param checkpoint when it was
     */
    record Places(Checkpoint checkpoint) implements Aim {}

    /**
     * Only the MIG modes that were there once. A GPU whose mode is right keeps what is on it.
     *
     * @param checkpoint when they were
     */
    record FormerModes(Checkpoint checkpoint) implements Aim {}

    /** The same, as far as MIG modes go. */
    default Aim modesOnly() {
        return switch (this) {
            case Layout(List<MigSpecEntry> entries) -> new Modes(entries);
            case Places(Checkpoint checkpoint) -> new FormerModes(checkpoint);
            case Modes _, FormerModes _ -> this;
        };
    }
}
