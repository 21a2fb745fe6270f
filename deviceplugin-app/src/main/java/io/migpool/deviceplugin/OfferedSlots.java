package io.migpool.deviceplugin;

import io.migpool.deviceplugin.kubelet.Slot;
import io.migpool.deviceplugin.kubelet.SlotSupply;
import io.migpool.deviceplugin.node.NodePresence;
import java.util.List;
import java.util.stream.IntStream;

/** The node's slots for kubelet: as many as its GPUs offer, the last ones unhealthy if a GPU takes no new pods. */
record OfferedSlots(NodePresence node) implements SlotSupply {

    @Override
    public List<Slot> slots() {
        int count = node.slots();
        int healthy = count - node.unhealthySlots();
        return IntStream.range(0, count)
                .mapToObj(number -> new Slot(number, number < healthy))
                .toList();
    }

    @Override
    public void onChange(Runnable listener) {
        node.onChange(listener);
    }
}
