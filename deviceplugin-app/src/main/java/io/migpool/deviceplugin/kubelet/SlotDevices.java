package io.migpool.deviceplugin.kubelet;

import java.util.List;
import java.util.Map;

/** The devices behind the slots, under their usual names: {@code MIG-…} and {@code GPU-…}. */
public interface SlotDevices {

    /**
     * Returns the devices of a pod.
     *
     * @param pod the pod by its name, with all its slots
     * @return UUIDs by slot, without slots whose device is not known yet
     */
    Map<String, String> behind(PodSlots pod);

    /** Returns the UUIDs of all existing MIG devices and of all GPUs that are shared whole, sorted. */
    List<String> all();
}
