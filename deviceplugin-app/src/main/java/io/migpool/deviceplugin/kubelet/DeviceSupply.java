package io.migpool.deviceplugin.kubelet;

import java.util.List;

/** The devices of one resource that the node offers at present. */
public interface DeviceSupply {

    /** Returns all devices, in a fixed order. */
    List<OfferedDevice> devices();

    /** Calls the listener after a change, on any thread; it must be quick. */
    void onChange(Runnable listener);
}
