package io.migpool.deviceplugin.kubelet;

import java.util.List;

/** The slots that the node offers at present. */
public interface SlotSupply {

    /** The slots by number. */
    List<Slot> slots();

    /** Calls the listener after a change, on any thread; it must be quick. */
    void onChange(Runnable listener);
}
