package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * MIG devices on which the driver reported an error, until they are cut again or the machine is rebooted. Kept across
 * restarts of the agent, because the driver does not repeat an error. Only {@link #add} is thread-safe.
 */
final class FaultyDevices {

    private static final System.Logger LOG = System.getLogger(FaultyDevices.class.getName());

    private final GpuDriver driver;
    private final Events events;
    /** The first error of each instance since the last {@link #note}: a process may cause errors endlessly. */
    private final ConcurrentHashMap<Hit, Long> news = new ConcurrentHashMap<>();

    private final Set<FaultyDevice> sick;

    private final FaultyDevicesFile file;

    private record Hit(String gpuUuid, int gpuInstanceId) {}

    /**
     * @param driver knows the boot of the machine
     * @param directory directory of the file in which they are kept
     */
    FaultyDevices(GpuDriver driver, Events events, Path directory) {
        this.driver = driver;
        this.events = events;
        this.file = new FaultyDevicesFile(directory.resolve("faulty-devices"));
        this.sick = new HashSet<>(file.load());
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
        Set<FaultyDevice> before = Set.copyOf(sick);
        news.forEach((hit, xid) -> {
            news.remove(hit);
            for (LabelDrivenDevice device : then.devices()) {
                if (device.gpuUuid().equals(hit.gpuUuid())
                        && device.gpuInstanceId().equals(OptionalInt.of(hit.gpuInstanceId()))) {
                    sick.add(new FaultyDevice(device.uuid(), device.gpuUuid(), boot().orElse("unknown")));
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

    /** Forgets devices that no longer exist, or were hit before a reboot: a device that is cut again is healthy. */
    void forgetAllBut(Layout now) {
        if (sick.isEmpty()) {
            return;
        }
        Set<String> present = now.uuids();
        Optional<String> boot = boot();
        boolean fewer = sick.removeIf(
                device -> boot.filter(id -> !id.equals(device.bootId())).isPresent()
                        || (now.isRead(device.gpuUuid()) && !present.contains(device.uuid())));
        if (fewer) {
            file.save(sick);
        }
    }

    private Optional<String> boot() {
        try {
            return Optional.of(driver.bootId());
        } catch (GpuException e) {
            LOG.log(Level.DEBUG, "devices that were faulty count as faulty until the boot is known", e);
            return Optional.empty();
        }
    }

    boolean has(LabelDrivenDevice device) {
        return sick.stream().anyMatch(hit -> hit.uuid().equals(device.uuid()));
    }
}
