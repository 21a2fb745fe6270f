package io.migpool.deviceplugin.node;

import java.util.List;
import java.util.Set;

/** Controls whether pods are given devices of label-driven GPUs, where this agent hands them out. */
public interface AllocationGate {

    /** For devices that another component hands out, over which this agent has no control. */
    AllocationGate NONE = new AllocationGate() {
        @Override
        public boolean isInControl() {
            return false;
        }

        @Override
        public void shut() {}

        @Override
        public void open(Set<String> gpuUuids) {}

        @Override
        public Pause pause() {
            return () -> {};
        }

        @Override
        public Set<String> untold(List<DeviceHolders.Holder> told) {
            return Set.of();
        }
    };

    /** Returns whether this agent hands the devices out, so that the gate has an effect. */
    default boolean isInControl() {
        return true;
    }

    /** Offers nothing to new pods. */
    void shut();

    /**
     * Offers everything again.
     *
     * @param gpuUuids the GPUs to offer; one that comes later is not offered until it is named, except what pods have
     */
    void open(Set<String> gpuUuids);

    /** Makes callers that ask for a device wait until the pause is closed; the devices are then read again. */
    Pause pause();

    /** Returns the UUIDs of devices that were given too recently to be in kubelet's answer. */
    Set<String> untold(List<DeviceHolders.Holder> told);

    /** A time during which no device is given. Used by the thread that asked for it. */
    interface Pause extends AutoCloseable {
        @Override
        void close();
    }
}
