package io.migpool.contracts.wire;

import java.util.ArrayList;
import java.util.List;

/**
 * The devices of every container of a pod: value of {@link Annotations#DEVICES_ALLOCATED} and
 * {@link Annotations#DEVICES_TO_ALLOCATE}.
 *
 * <p>Format (HAMi {@code pkg/device/devices.go}): per device {@code uuid,type,MiB,cores:}; {@code ;} ends each container,
 * init containers first; a container without devices is a bare {@code ;}.
 *
 * @param containers devices per container in wire order
 */
public record PodDevices(List<List<AllocatedDevice>> containers) {

    public PodDevices {
        containers = containers.stream().map(List::copyOf).toList();
    }

    /** The annotation's value. */
    public String encode() {
        StringBuilder text = new StringBuilder();
        for (List<AllocatedDevice> container : containers) {
            for (AllocatedDevice device : container) {
                text.append(device.uuid())
                        .append(',')
                        .append(device.type())
                        .append(',')
                        .append(device.memoryMiB())
                        .append(',')
                        .append(device.cores())
                        .append(':');
            }
            text.append(';');
        }
        return text.toString();
    }

    /**
     * Reads a device string. A UUID with the suffix that HAMi before 2.10 wrote for MIG ({@code GPU-…[0-1]}) is read as
     * the GPU's UUID.
     *
     * @param key the annotation it stands in, for the message
     * @param text the value
     * @throws MalformedAnnotationException if a device does not have four fields or a number is none
     */
    public static PodDevices decode(String key, String text) throws MalformedAnnotationException {
        List<List<AllocatedDevice>> containers = new ArrayList<>();
        String[] parts = text.split(";", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean afterLastSemicolon = i == parts.length - 1 && parts[i].isEmpty();
            if (!afterLastSemicolon) {
                containers.add(container(key, text, parts[i]));
            }
        }
        return new PodDevices(containers);
    }

    private static List<AllocatedDevice> container(String key, String text, String part)
            throws MalformedAnnotationException {
        List<AllocatedDevice> devices = new ArrayList<>();
        for (String device : part.split(":", -1)) {
            if (!device.isEmpty()) {
                devices.add(device(key, text, device));
            }
        }
        return devices;
    }

    private static AllocatedDevice device(String key, String text, String device) throws MalformedAnnotationException {
        String[] fields = device.split(",", -1);
        if (fields.length != 4) {
            throw new MalformedAnnotationException(
                    key,
                    text,
                    "device '" + device + "' has " + fields.length + " fields; expected uuid,type,MiB,cores");
        }
        try {
            return new AllocatedDevice(
                    gpuUuid(fields[0]), fields[1], Long.parseLong(fields[2]), Integer.parseInt(fields[3]));
        } catch (IllegalArgumentException e) {
            throw new MalformedAnnotationException(
                    key, text, "device '" + device + "' is not uuid,type,MiB,cores with whole numbers of 0 or more");
        }
    }

    private static String gpuUuid(String field) {
        int suffix = field.indexOf('[');
        return suffix > 0 && field.endsWith("]") ? field.substring(0, suffix) : field;
    }

    /** Whether no container has a device. */
    public boolean isEmpty() {
        return containers.stream().allMatch(List::isEmpty);
    }
}
