package io.migpool.contracts.wire;

/**
 * One device of a container in a device string: {@code uuid,type,MiB,cores:}.
 *
 * @param uuid the GPU's UUID, never a MIG UUID
 * @param type vendor word, {@code NVIDIA}
 * @param memoryMiB memory given, in MiB; the profile's on a MIG GPU
 * @param cores compute given, in percent; the profile's on a MIG GPU
 */
public record AllocatedDevice(String uuid, String type, long memoryMiB, int cores) {

    /** Vendor word of the {@code type} field. */
    public static final String NVIDIA = "NVIDIA";

    public AllocatedDevice {
        if (uuid.isBlank()
                || hasDelimiter(uuid)
                || type.isBlank()
                || hasDelimiter(type)
                || memoryMiB < 0
                || cores < 0) {
            throw new IllegalArgumentException(
                    "device '%s' of type '%s' with %d MiB and %d %% cores; names must be non-empty without , : ; [ ] and numbers not negative"
                            .formatted(uuid, type, memoryMiB, cores));
        }
    }

    private static boolean hasDelimiter(String text) {
        return text.chars().anyMatch(c -> ",:;[]".indexOf(c) >= 0);
    }
}
