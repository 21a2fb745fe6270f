package io.migpool.config;

import io.migpool.contracts.mig.MigProfile;
import java.util.List;

/**
 * One entry of {@code migProfileAllowlist}.
 *
 * @param models board names that it applies to, at least one; matched as {@link io.migpool.contracts.mig.GpuModel}
 *     describes
 * @param profiles allowed profiles, in document order, at least one
 */
public record ModelProfiles(List<String> models, List<MigProfile> profiles) {

    public ModelProfiles {
        models = List.copyOf(models);
        profiles = List.copyOf(profiles);
        if (models.isEmpty() || profiles.isEmpty()) {
            throw new IllegalArgumentException("profiles " + profiles + " for models " + models
                    + "; at least one model and one profile are needed");
        }
    }
}
