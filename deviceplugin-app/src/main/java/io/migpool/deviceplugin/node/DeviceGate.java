package io.migpool.deviceplugin.node;

import java.util.List;
import java.util.Set;

/** The door through which pods come to devices of label-driven GPUs, if it is ours. */
public interface DeviceGate {

    /** Somebody else hands the devices out, and is told nothing. */
    DeviceGate NONE = new DeviceGate() {
        @Override
        public void keepOff() {}

        @Override
        public void letIn() {}

        @Override
        public Hold hold() {
            return () -> {};
        }

        @Override
        public Set<String> untold(List<DeviceHolders.Holder> told) {
            return Set.of();
        }
    };

    /** Offers nothing to new pods. */
    void keepOff();

    /** Offers everything again. */
    void letIn();

    /** Has everybody who asks for a device wait until the hold is closed; then the devices are read anew. */
    Hold hold();

    /** UUIDs of devices that pods were given so recently that kubelet's answer does not have them. */
    Set<String> untold(List<DeviceHolders.Holder> told);

    /** The time during which nobody is given a device. Of the thread that asked for it. */
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
