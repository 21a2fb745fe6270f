package io.migpool.config;

import io.migpool.contracts.mig.GpuMode;
import java.util.Map;
import java.util.Optional;

/**
 * GPUs of a node that are shared in another way than the rest of it ({@code gpus}).
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

    /** The mode of that GPU, if it has one of its own. The UUID counts first: it stays with the board, an index may move. */
    public Optional<GpuMode> of(String gpuUuid, int gpuIndex) {
        return Optional.ofNullable(byUuid.get(gpuUuid)).or(() -> Optional.ofNullable(byIndex.get(gpuIndex)));
    }
}
