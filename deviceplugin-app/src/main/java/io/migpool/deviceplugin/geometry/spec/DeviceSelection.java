package io.migpool.deviceplugin.geometry.spec;

import java.util.List;

/** The GPUs to which an entry applies ({@code devices}). */
public sealed interface DeviceSelection {

    /** Returns whether it includes the GPU with this index. */
    boolean contains(int index);

    /** All GPUs. */
    record All() implements DeviceSelection {

        @Override
        public boolean contains(int index) {
            return true;
        }
    }

    /**
     * Some GPUs.
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
