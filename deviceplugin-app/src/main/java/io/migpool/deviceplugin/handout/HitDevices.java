package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuEvent;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * MIG devices on which the driver reported an error, until they are cut again. Kept across restarts of the agent, because
 * the driver does not repeat an error. Only {@link #add} is thread-safe.
 */
final class HitDevices {

    private final Events events;
    /** The first error of each instance since the last {@link #note}: a process may cause errors endlessly. */
    private final ConcurrentHashMap<Hit, Long> news = new ConcurrentHashMap<>();

    /** The devices' GPUs, by the devices' UUIDs. */
    private final Map<String, String> sick;

    private final FaultyDevicesFile file;

    private record Hit(String gpuUuid, int gpuInstanceId) {}

    /** @param directory directory of the file in which they are kept */
    HitDevices(Events events, Path directory) {
        this.events = events;
        this.file = new FaultyDevicesFile(directory.resolve("faulty-devices"));
        this.sick = new HashMap<>(file.load());
    }

    /** Adds an error, which counts from the next {@link #note}. Does not block. */
    void add(GpuEvent.Xid xid) {
        news.putIfAbsent(new Hit(xid.gpuUuid(), xid.gpuInstanceId()), xid.number());
    }

    /**
     * Reports the devices hit since the last call.
     *
     * @param then the layout at the time of the errors
     */
    void note(Layout then) {
        Map<String, String> before = Map.copyOf(sick);
        news.forEach((hit, xid) -> {
            news.remove(hit);
            for (LabelDrivenDevice device : then.devices()) {
                if (device.gpuUuid().equals(hit.gpuUuid())
                        && device.gpuInstanceId().equals(OptionalInt.of(hit.gpuInstanceId()))) {
                    sick.put(device.uuid(), device.gpuUuid());
                    events.warnNode(
                            "DeviceUnhealthy",
                            "the driver reported Xid %d on %s; no further pod gets it until it is recreated"
                                    .formatted(xid, device.uuid()));
                }
            }
        });
        if (!sick.equals(before)) {
            file.save(sick);
        }
    }

    /** Forgets devices that no longer exist: a device that is cut again is healthy. */
    void forgetAllBut(Layout now) {
        Set<String> present = now.uuids();
        if (sick.entrySet().removeIf(device -> now.isRead(device.getValue()) && !present.contains(device.getKey()))) {
            file.save(sick);
        }
    }

    boolean has(LabelDrivenDevice device) {
        return sick.containsKey(device.uuid());
    }
}
