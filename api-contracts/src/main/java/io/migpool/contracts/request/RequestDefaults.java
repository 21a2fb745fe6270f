package io.migpool.contracts.request;

/**
 * Values for what a request omits.
 *
 * @param memoryMiB memory per device in MiB if neither memory nor percentage is given; 0 means the whole GPU
 * @param cores compute per device in percent, for containers that share a GPU and give none, 0 to 100
 * @param devices devices if only memory or cores are given; 0 means that such a container gets none
 * @param memoryFactor MiB per unit of the memory resource, at least 1
 */
public record RequestDefaults(long memoryMiB, int cores, int devices, int memoryFactor) {

    /** Whole GPU, no compute limit, one device, MiB. */
    public static final RequestDefaults NONE = new RequestDefaults(0, 0, 1, 1);

    public RequestDefaults {
        if (memoryMiB < 0 || cores < 0 || cores > 100 || devices < 0 || memoryFactor < 1) {
            throw new IllegalArgumentException(
                    "defaultMemory %d, defaultCores %d, defaultGPUNum %d, memoryFactor %d; cores must be 0 to 100, memoryFactor 1 or more, none negative"
                            .formatted(memoryMiB, cores, devices, memoryFactor));
        }
    }
}
