package io.migpool.config;

import io.migpool.contracts.mig.GpuMode;
import java.util.Map;
import java.util.Optional;

/**
 * GPUs of a node whose mode differs from the node's ({@code gpus}).
 *
 * @param byUuid modes of GPUs named by {@code GPU-…}
 * @param byIndex modes of GPUs named by NVML index, from 0
 */
public record GpuModes(Map<String, GpuMode> byUuid, Map<Integer, GpuMode> byIndex) {

    /** No GPU differs. */
    public static final GpuModes NONE = new GpuModes(Map.of(), Map.of());

    public GpuModes {
        byUuid = Map.copyOf(byUuid);
        byIndex = Map.copyOf(byIndex);
    }

    /**
     * Returns the mode of a GPU, if it has one of its own. The UUID takes precedence, because it stays with the board
     * while an index may change.
     */
    public Optional<GpuMode> of(String gpuUuid, int gpuIndex) {
        return Optional.ofNullable(byUuid.get(gpuUuid)).or(() -> Optional.ofNullable(byIndex.get(gpuIndex)));
    }
}
