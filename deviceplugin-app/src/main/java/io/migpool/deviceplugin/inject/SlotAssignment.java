package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.Slot;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which slot of a pod is which of its devices, for the pod's whole life. App containers and sidecars give each of their slots
 * one of their devices, in order. kubelet lets app containers use the slots of init containers again, so an init container's
 * slot already has its device then; only what an init container has beyond that gets devices of its own. So an init and an app
 * container with the same slots get the same devices, and it does not matter which of the two is starting.
 */
final class SlotAssignment {

    private SlotAssignment() {}

    /**
     * Assigns all slots that kubelet has told of.
     *
     * @return devices by slot; a slot is missing where the claim has no device left for it
     */
    static SortedMap<String, ClaimedDevice> of(PodClaim claim, PodSlots slots) {
        SortedMap<String, ClaimedDevice> assigned = new TreeMap<>(Slot.ORDER);
        List<ContainerClaim> appsFirst = new ArrayList<>();
        claim.containers().stream().filter(container -> !container.init()).forEach(appsFirst::add);
        claim.containers().stream().filter(ContainerClaim::init).forEach(appsFirst::add);
        for (ContainerClaim container : appsFirst) {
            Optional.ofNullable(slots.containers().get(container.name()))
                    .ifPresent(ids -> assign(container, ids, assigned));
        }
        return assigned;
    }

    private static void assign(
            ContainerClaim container, NavigableSet<String> slots, Map<String, ClaimedDevice> assigned) {
        List<ClaimedDevice> left = new ArrayList<>(container.devices());
        slots.stream().filter(assigned::containsKey).forEach(slot -> left.remove(assigned.get(slot)));
        Iterator<ClaimedDevice> next = left.iterator();
        for (String slot : slots) {
            if (!assigned.containsKey(slot) && next.hasNext()) {
                assigned.put(slot, next.next());
            }
        }
    }
}
