package io.migpool.deviceplugin.instance;

/** One device of a container, as reserved. */
public sealed interface ClaimedDevice {

    /** The GPU. */
    String gpuUuid();

    /** A MIG instance. */
    record Mig(Slice slice) implements ClaimedDevice {
        @Override
        public String gpuUuid() {
            return slice.gpuUuid();
        }
    }

    /**
     * A share of a whole GPU.
     *
     * @param memoryMiB memory limit in MiB
     * @param cores compute limit in percent, 0 for none
     */
    record Shared(String gpuUuid, long memoryMiB, int cores) implements ClaimedDevice {}
}
