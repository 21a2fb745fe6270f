package io.migpool.config;

import java.util.List;

/**
 * GPUs of one node whose layout follows the node's label {@code nvidia.com/mig.config} instead of the pool ({@code
 * labeldriven}).
 *
 * @param all whether all GPUs follow the label
 * @param uuid otherwise these GPUs, {@code GPU-…}
 * @param index and these GPUs, by NVML index from 0
 */
public record LabelDriven(boolean all, List<String> uuid, List<Integer> index) {

    /** All GPUs belong to the pool. */
    public static final LabelDriven NONE = new LabelDriven(false, List.of(), List.of());

    /** All GPUs follow the label. */
    public static final LabelDriven ALL = new LabelDriven(true, List.of(), List.of());

    public LabelDriven {
        uuid = List.copyOf(uuid);
        index = List.copyOf(index);
    }

    /** Returns whether this GPU follows the label. */
    public boolean includes(String gpuUuid, int gpuIndex) {
        return all || uuid.contains(gpuUuid) || index.contains(gpuIndex);
    }
}
