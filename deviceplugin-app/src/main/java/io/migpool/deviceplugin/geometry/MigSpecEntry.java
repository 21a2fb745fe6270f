package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The layout of some GPUs.
 *
 * @param filters filters of boards to which it applies, as written; none for every board. Their form is checked when
 *     they are matched, see {@link DeviceFilter}
 * @param devices which GPUs of those boards
 * @param migEnabled whether MIG mode is on
 * @param migDevices number of devices of each profile; zero counts are omitted. Empty with MIG mode on means a GPU
 *     without instances
 */
public record MigSpecEntry(
        List<String> filters, DeviceSelection devices, boolean migEnabled, Map<MigProfile, Integer> migDevices) {

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

    /** Returns an entry with MIG mode off on every GPU. */
    public static MigSpecEntry disabled() {
        return new MigSpecEntry(List.of(), new DeviceSelection.All(), false, Map.of());
    }

    /** Returns an entry with these devices on every GPU. */
    public static MigSpecEntry everywhere(Map<MigProfile, Integer> migDevices) {
        return new MigSpecEntry(List.of(), new DeviceSelection.All(), true, migDevices);
    }

    /** Returns the same entry for these boards only. */
    public MigSpecEntry on(List<String> boards) {
        return new MigSpecEntry(boards, devices, migEnabled, migDevices);
    }
}
