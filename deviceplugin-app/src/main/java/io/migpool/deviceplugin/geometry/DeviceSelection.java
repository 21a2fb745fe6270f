package io.migpool.deviceplugin.geometry;

import java.util.List;

/** Which GPUs an entry is about ({@code devices}). */
public sealed interface DeviceSelection {

    /** Whether it is about the GPU of that index. */
    boolean contains(int index);

    /** All of them. */
    record All() implements DeviceSelection {

        @Override
        public boolean contains(int index) {
            return true;
        }
    }

    /**
     * Some.
     *
     * @param indices NVML indices, from 0
     */
    record Indices(List<Integer> indices) implements DeviceSelection {

        public Indices {
            indices = List.copyOf(indices);
            if (indices.stream().anyMatch(index -> index < 0)) {
                throw new IllegalArgumentException("devices " + indices + "; indices are 0 or more");
            }
        }

        @Override
        public boolean contains(int index) {
            return indices.contains(index);
        }
    }
}
