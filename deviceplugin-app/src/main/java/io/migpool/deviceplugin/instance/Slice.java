package io.migpool.deviceplugin.instance;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.util.Comparator;

/** A piece of a GPU that a reservation names: profile and placement. */
public record Slice(String gpuUuid, MigProfile profile, Placement placement) implements Comparable<Slice> {

    private static final Comparator<Slice> ORDER =
            Comparator.comparing(Slice::gpuUuid).thenComparing(Slice::placement).thenComparing(Slice::profile);

    @Override
    public int compareTo(Slice other) {
        return ORDER.compare(this, other);
    }

    /** Returns its name in messages: {@code 2g.20gb at 0:2 of GPU-…}. */
    @Override
    public String toString() {
        return profile + " at " + placement + " of " + gpuUuid;
    }
}
