package io.migpool.deviceplugin.kubelet;

import java.util.List;
import java.util.Map;

/** What stands behind the slots, as the rest of the world calls it: {@code MIG-…} and {@code GPU-…}. */
public interface SlotDevices {

    /**
     * The devices of a pod.
     *
     * @param pod the pod by its name, with all its slots
     * @return UUIDs by slot; a slot is missing where nothing is known to stand behind it yet
     */
    Map<String, String> behind(PodSlots pod);

    /** UUIDs of all MIG devices that exist and of all GPUs that are shared whole, sorted. */
    List<String> all();
}
