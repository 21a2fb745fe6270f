package io.migpool.deviceplugin.handout;

import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.node.Events;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** MIG devices on which the driver reported an error, until they are cut anew. Thread-safe is only {@link #add}. */
final class HitDevices {

    private final Events events;
    private final Queue<GpuEvent.Xid> news = new ConcurrentLinkedQueue<>();
    private final Set<String> sick = new HashSet<>();

    HitDevices(Events events) {
        this.events = events;
    }

    /** Counts with the next {@link #note}; does not block. */
    void add(GpuEvent.Xid xid) {
        news.add(xid);
    }

    /**
     * Tells of what was hit since.
     *
     * @param then what there was when it was hit
     */
    void note(Layout then) {
        for (GpuEvent.Xid xid = news.poll(); xid != null; xid = news.poll()) {
            for (LabelledDevice device : then.devices()) {
                if (device.gpuUuid().equals(xid.gpuUuid())
                        && device.gpuInstanceId().equals(OptionalInt.of(xid.gpuInstanceId()))) {
                    sick.add(device.uuid());
                    events.warnNode(
                            "DeviceUnhealthy",
                            "the driver reported Xid %d on %s; no further pod gets it until it is cut anew"
                                    .formatted(xid.number(), device.uuid()));
                }
            }
        }
    }

    /** What is not there any more is well when it comes back. */
    void forgetAllBut(Layout now) {
        sick.retainAll(now.uuids());
    }

    boolean has(LabelledDevice device) {
        return sick.contains(device.uuid());
    }
}
