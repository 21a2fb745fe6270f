package io.migpool.contracts.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The devices of every container of a pod: value of {@link Annotations#DEVICES_ALLOCATED} and
 * {@link Annotations#DEVICES_TO_ALLOCATE}.
 *
 * <p>Format (HAMi {@code pkg/device/devices.go}): per device {@code uuid,type,MiB,cores:}; {@code ;} ends each
 * container, init containers first; a container without devices is a bare {@code ;}.
 *
 * @param containers devices per container in wire order
 */
public record PodDevices(List<List<AllocatedDevice>> containers) {

    /**
     * The suffix is the template and position that HAMi before 2.10 wrote for MIG; further fields are left to later
     * versions.
     */
    private static final Pattern DEVICE =
            Pattern.compile("([^,\\[\\]]+)(?:\\[(\\d+-\\d+)])?,([^,\\[\\]]+),(\\d{1,18}),(\\d{1,9})(?:,.*)?");

    public PodDevices {
        containers = containers.stream().map(List::copyOf).toList();
    }

    /** Returns the devices of the container at this position; empty if there are none. */
    public List<AllocatedDevice> of(int container) {
        return container < containers.size() ? containers.get(container) : List.of();
    }

    /** Returns the annotation's value. */
    public String encode() {
        StringBuilder text = new StringBuilder();
        for (List<AllocatedDevice> container : containers) {
            for (AllocatedDevice device : container) {
                text.append(device.uuid());
                if (device.template() != null) {
                    text.append('[').append(device.template()).append(']');
                }
                text.append(',')
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
     * Reads a device string, with the suffix of UUIDs that HAMi before 2.10 wrote for MIG ({@code GPU-…[0-1]}).
     *
     * @param key the annotation that holds it, for the message
     * @param text the value
     * @throws MalformedAnnotationException if a device lacks one of the four fields or a number is malformed; names the
     *     container and device
     */
    public static PodDevices decode(String key, String text) throws MalformedAnnotationException {
        List<List<AllocatedDevice>> containers = new ArrayList<>();
        String[] parts = text.split(";", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean afterLastSemicolon = i == parts.length - 1 && parts[i].isEmpty();
            if (!afterLastSemicolon) {
                containers.add(container(key, text, i, parts[i]));
            }
        }
        return new PodDevices(containers);
    }

    private static List<AllocatedDevice> container(String key, String text, int index, String part)
            throws MalformedAnnotationException {
        List<AllocatedDevice> devices = new ArrayList<>();
        for (String device : part.split(":", -1)) {
            if (!device.isEmpty()) {
                devices.add(device(key, text, "container " + index + " device " + devices.size(), device));
            }
        }
        return devices;
    }

    private static AllocatedDevice device(String key, String text, String path, String device)
            throws MalformedAnnotationException {
        Matcher fields = DEVICE.matcher(device);
        if (!fields.matches() || fields.group(1).isBlank() || fields.group(3).isBlank()) {
            throw new MalformedAnnotationException(
                    key,
                    text,
                    "%s '%s' is not uuid,type,MiB,cores with whole numbers of 0 or more".formatted(path, device));
        }
        return new AllocatedDevice(
                fields.group(1),
                fields.group(3),
                Long.parseLong(fields.group(4)),
                Integer.parseInt(fields.group(5)),
                fields.group(2));
    }

    /** Returns whether no container has a device. */
    public boolean isEmpty() {
        return containers.stream().allMatch(List::isEmpty);
    }
}
