package io.migpool.extender.cluster;

import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigBoard;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.MigRules;
import io.migpool.extender.pool.SharedGpu;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The boards under one version of the settings; GPUs with equal capability share one. Confined to its owner's lock. */
final class ConfiguredBoards {

    /** Far more kinds of GPU than any cluster has; beyond it the cache is cleared. */
    private static final int MOST_KINDS = 256;

    private record Kind(String model, long memoryMiB, List<ProfileCapability> profiles) {}

    private final DeviceSettings settings;
    private final Consumer<List<String>> unsuitable;
    private final Map<Kind, MigBoard> boards = new HashMap<>();

    /**
     * @param unsuitable receives, once per kind of GPU, what the settings ask of it that it cannot do
     */
    ConfiguredBoards(DeviceSettings settings, Consumer<List<String>> unsuitable) {
        this.settings = settings;
        this.unsuitable = unsuitable;
    }

    /** Returns the GPU without pods. */
    GpuView empty(GpuInventory gpu, boolean cordoned) {
        return gpu.mode() == GpuMode.MIG ? MigGpu.empty(gpu, cordoned, boardOf(gpu)) : SharedGpu.empty(gpu, cordoned);
    }

    private MigBoard boardOf(GpuInventory gpu) {
        if (boards.size() >= MOST_KINDS) {
            boards.clear();
        }
        return boards.computeIfAbsent(new Kind(gpu.model(), gpu.memoryMiB(), gpu.profiles()), kind -> {
            GpuModel model = new GpuModel(kind.model(), kind.memoryMiB());
            List<String> problems = settings.problemsFor(gpu);
            if (!problems.isEmpty()) {
                unsuitable.accept(problems);
            }
            return new MigBoard(
                    gpu,
                    new MigRules(
                            settings.geometriesFor(model),
                            settings.allowedProfilesFor(model).orElse(null)));
        });
    }
}
