package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import java.util.List;

/** A target state of the GPUs. */
public sealed interface Target {

    /**
     * The layout of a configuration, with instances in any place.
     *
     * @param entries entries of the configuration
     */
    record Layout(List<MigSpecEntry> entries) implements Target {}

    /**
     * Only the MIG modes of a configuration. A GPU with the right mode keeps its instances.
     *
     * @param entries entries of the configuration
     */
    record Modes(List<MigSpecEntry> entries) implements Target {}

    /**
     * Exactly an earlier layout, with each instance in its place.
     *
     * @param snapshot the earlier layout
     */
    record Places(LayoutSnapshot snapshot) implements Target {}

    /**
     * Only the MIG modes of an earlier layout. A GPU with the right mode keeps its instances.
     *
     * @param snapshot the earlier layout
     */
    record FormerModes(LayoutSnapshot snapshot) implements Target {}

    /** Returns the same target, restricted to MIG modes. */
    default Target modesOnly() {
        return switch (this) {
            case Layout(List<MigSpecEntry> entries) -> new Modes(entries);
            case Places(LayoutSnapshot snapshot) -> new FormerModes(snapshot);
            case Modes _, FormerModes _ -> this;
        };
    }
}
