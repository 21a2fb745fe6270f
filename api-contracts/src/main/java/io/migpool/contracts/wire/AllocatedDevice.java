package io.migpool.contracts.wire;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One device of a container in a device string: {@code uuid,type,MiB,cores:}.
 *
 * @param uuid the GPU's UUID, never a MIG UUID
 * @param type vendor word, {@code NVIDIA}
 * @param memoryMiB allotted memory, in MiB; the profile's on a MIG GPU
 * @param cores allotted compute, in percent; the profile's on a MIG GPU
 * @param template the instance that HAMi before 2.10 assigned, as template and position within it ({@code 0-1}), which
 *     only its node can resolve; otherwise null
 */
public record AllocatedDevice(
        String uuid,
        String type,
        long memoryMiB,
        int cores,
        @Nullable String template) {

    /** Vendor word of the {@code type} field. */
    public static final String NVIDIA = "NVIDIA";

    private static final Pattern TEMPLATE = Pattern.compile("\\d+-\\d+");

    public AllocatedDevice {
        if (uuid.isBlank()
                || hasDelimiter(uuid)
                || type.isBlank()
                || hasDelimiter(type)
                || memoryMiB < 0
                || cores < 0
                || (template != null && !TEMPLATE.matcher(template).matches())) {
            throw new IllegalArgumentException(
                    "device '%s' of type '%s' with %d MiB, %d %% cores and template %s; names must be non-empty without , : ; [ ], numbers not negative, and a template like 0-1"
                            .formatted(uuid, type, memoryMiB, cores, template));
        }
    }

    /** A device that was not assigned by template. */
    public AllocatedDevice(String uuid, String type, long memoryMiB, int cores) {
        this(uuid, type, memoryMiB, cores, null);
    }

    private static boolean hasDelimiter(String text) {
        return text.chars().anyMatch(c -> ",:;[]".indexOf(c) >= 0);
    }
}
