package io.migpool.deviceplugin.inject;

import io.migpool.contracts.request.DeviceReuse;
import io.migpool.contracts.request.DistinctDevices.Container;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.Slot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Assigns a pod's devices to its slots, for the pod's whole life, as {@link DeviceReuse} says: an init and an app
 * container with the same slots have the same devices, so it does not matter which of the two is starting.
 */
final class SlotAssignment {

    private SlotAssignment() {}

    /**
     * Assigns all slots that kubelet has reported.
     *
     * @return devices by slot, without slots for which the claim has no device left
     */
    static SortedMap<String, ClaimedDevice> of(PodClaim claim, PodSlots slots) {
        Map<Integer, NavigableSet<String>> ids = new HashMap<>();
        for (ContainerClaim container : claim.containers()) {
            NavigableSet<String> own = slots.containers().get(container.name());
            if (own != null) {
                ids.put(container.index(), own);
            }
        }
        List<Container<ClaimedDevice>> containers = claim.containers().stream()
                .map(container -> new Container<>(container.index(), container.init(), container.devices()))
                .toList();
        SortedMap<String, ClaimedDevice> assigned = new TreeMap<>(Slot.ORDER);
        assigned.putAll(DeviceReuse.byId(containers, ids, ClaimedDevice.Mig.class::isInstance));
        return assigned;
    }
}
