package io.migpool.config;

import java.util.List;

/**
 * GPUs of one node whose layout the node's label {@code nvidia.com/mig.config} decides, instead of the pool
 * ({@code labeldriven}).
 *
 * @param all whether it is every GPU
 * @param uuid otherwise these, {@code GPU-…}
 * @param index and these, NVML indices from 0
 */
public record LabelDriven(boolean all, List<String> uuid, List<Integer> index) {

    /** The pool has every GPU. */
    public static final LabelDriven NONE = new LabelDriven(false, List.of(), List.of());

    /** The label decides on every GPU. */
    public static final LabelDriven ALL = new LabelDriven(true, List.of(), List.of());

    public LabelDriven {
        uuid = List.copyOf(uuid);
        index = List.copyOf(index);
    }

    /** Whether the label decides on that GPU. */
    public boolean includes(String gpuUuid, int gpuIndex) {
        return all || uuid.contains(gpuUuid) || index.contains(gpuIndex);
    }
}
