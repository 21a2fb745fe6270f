package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.List;

/** A source from which kubelet's assignment of slots to pods can be read. */
public interface SlotSource {

    /**
     * Returns all pods with slots of our resource.
     *
     * @throws IOException if the source cannot be read now
     */
    List<PodSlots> pods() throws IOException, InterruptedException;
}
