package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.List;

/** One place where kubelet tells which pod has which slots. */
public interface SlotSource {

    /**
     * All pods with slots of our resource.
     *
     * @throws IOException if the source cannot be read now
     */
    List<PodSlots> pods() throws IOException, InterruptedException;
}
