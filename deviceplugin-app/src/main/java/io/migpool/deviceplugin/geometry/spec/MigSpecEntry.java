package io.migpool.deviceplugin.geometry.spec;

import io.migpool.contracts.mig.MigProfile;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The layout of some GPUs. Entries that mean the same are equal, wherever they are written.
 *
 * @param filters the boards to which it applies; none for every board
 * @param devices which GPUs of those boards
 * @param migEnabled whether MIG mode is on
 * @param migDevices number of devices of each profile; zero counts are omitted. Empty with MIG mode on means a GPU
 *     without instances
 * @param origin where it is written, as the start of a message: {@code config.yaml: line 4: mig-configs.custom[0]: };
 *     empty if nowhere
 */
public record MigSpecEntry(
        List<DeviceFilter> filters,
        DeviceSelection devices,
        boolean migEnabled,
        Map<MigProfile, Integer> migDevices,
        String origin) {

    public MigSpecEntry {
        filters = List.copyOf(filters);
        Map<MigProfile, Integer> counts = new TreeMap<>();
        migDevices.forEach((profile, count) -> {
            if (count < 0) {
                throw new IllegalArgumentException(
                        "%d of %s; the number of devices must be 0 or more".formatted(count, profile));
            }
            if (count > 0) {
                counts.put(profile, count);
            }
        });
        if (!migEnabled && !counts.isEmpty()) {
            throw new IllegalArgumentException(
                    "MIG devices " + counts + " with MIG mode off; enable it, or remove the devices");
        }
        migDevices = Collections.unmodifiableMap(counts);
    }

    /** Creates an entry that is written nowhere. */
    public MigSpecEntry(
            List<DeviceFilter> filters,
            DeviceSelection devices,
            boolean migEnabled,
            Map<MigProfile, Integer> migDevices) {
        this(filters, devices, migEnabled, migDevices, "");
    }

    /** Returns an entry with MIG mode off on every GPU. */
    public static MigSpecEntry disabled() {
        return new MigSpecEntry(List.of(), new DeviceSelection.All(), false, Map.of());
    }

    /** Returns an entry with these devices on every GPU. */
    public static MigSpecEntry everywhere(Map<MigProfile, Integer> migDevices) {
        return new MigSpecEntry(List.of(), new DeviceSelection.All(), true, migDevices);
    }

    /** Returns the same entry for these boards only. */
    public MigSpecEntry on(List<DeviceFilter> boards) {
        return new MigSpecEntry(boards, devices, migEnabled, migDevices, origin);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MigSpecEntry entry
                && filters.equals(entry.filters)
                && devices.equals(entry.devices)
                && migEnabled == entry.migEnabled
                && migDevices.equals(entry.migDevices);
    }

    @Override
    public int hashCode() {
        return Objects.hash(filters, devices, migEnabled, migDevices);
    }
}
