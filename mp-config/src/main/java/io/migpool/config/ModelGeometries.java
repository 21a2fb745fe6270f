package io.migpool.config;

import io.migpool.contracts.mig.MigGeometry;
import java.util.List;

/**
 * One entry of {@code knownMigGeometries}.
 *
 * @param models board names that it applies to, at least one; matched as {@link io.migpool.contracts.mig.GpuModel}
 *     describes
 * @param geometries whole-GPU templates in order of preference, at least one
 */
public record ModelGeometries(List<String> models, List<MigGeometry> geometries) {

    public ModelGeometries {
        models = List.copyOf(models);
        geometries = List.copyOf(geometries);
        if (models.isEmpty() || geometries.isEmpty()) {
            throw new IllegalArgumentException("geometries " + geometries + " for models " + models
                    + "; at least one model and one geometry are needed");
        }
    }
}
