package io.migpool.deviceplugin.kubelet;

import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;

/**
 * The slots of a pod.
 *
 * @param containers slots by container name, without containers that have none
 */
public record PodSlots(PodKey pod, Map<String, NavigableSet<String>> containers) {

    public PodSlots {
        containers = new TreeMap<>(containers);
    }

    /** Returns the containers that have exactly these slots; init and app containers may have the same. */
    public List<String> holdersOf(NavigableSet<String> slots) {
        return containers.entrySet().stream()
                .filter(entry -> entry.getValue().equals(slots))
                .map(Map.Entry::getKey)
                .toList();
    }
}
