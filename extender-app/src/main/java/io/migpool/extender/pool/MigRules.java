package io.migpool.extender.pool;

import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What configuration says about one board model.
 *
 * @param geometries whole-GPU templates in the order they are tried; empty means no restriction
 * @param allowed profiles that may be cut; null means all of them
 */
public record MigRules(
        List<MigGeometry> geometries, @Nullable Set<MigProfile> allowed) {

    /** Rules that allow everything the board offers. */
    public static final MigRules UNRESTRICTED = new MigRules(List.of(), null);

    public MigRules {
        geometries = List.copyOf(geometries);
        allowed = allowed == null ? null : Set.copyOf(allowed);
    }
}
