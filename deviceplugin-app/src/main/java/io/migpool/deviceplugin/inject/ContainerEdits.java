package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.kubelet.AllocationHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The changes to a container before it starts.
 *
 * @param environment environment variables by name
 * @param mounts directories and files of the host
 * @param driver what else the container needs to reach its devices; empty where NVIDIA's runtime adds that
 */
record ContainerEdits(
        Map<String, String> environment, List<AllocationHandler.Mount> mounts, Optional<DriverAccess> driver) {

    static final String VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES";
    /** Where the NVIDIA container toolkit looks for mounts that stand for devices. */
    private static final String DEVICE_MOUNTS = "/var/run/nvidia-container-devices";

    /** No changes. */
    static final ContainerEdits NONE = new ContainerEdits(Map.of(), List.of(), Optional.empty());

    ContainerEdits {
        environment = new TreeMap<>(environment);
        mounts = List.copyOf(mounts);
    }

    /** Returns these edits, plus the list of devices that the container may see, for NVIDIA's runtime. */
    ContainerEdits seeing(List<String> deviceUuids, InjectSettings.DeviceList form) {
        Map<String, String> withDevices = new TreeMap<>(environment);
        List<AllocationHandler.Mount> withMounts = new ArrayList<>(mounts);
        switch (form) {
            case ENVIRONMENT -> withDevices.put(VISIBLE_DEVICES, String.join(",", deviceUuids));
            case VOLUME_MOUNTS -> {
                withDevices.put(VISIBLE_DEVICES, DEVICE_MOUNTS);
                deviceUuids.forEach(uuid ->
                        withMounts.add(new AllocationHandler.Mount("/dev/null", DEVICE_MOUNTS + "/" + uuid, true)));
            }
        }
        return new ContainerEdits(withDevices, withMounts, driver);
    }

    /**
     * Returns these edits with a variable that keeps NVIDIA's runtime, if it runs the container, from adding devices.
     */
    ContainerEdits hiddenFromNvidiaRuntime() {
        Map<String, String> hidden = new TreeMap<>(environment);
        hidden.put(VISIBLE_DEVICES, "void");
        return new ContainerEdits(hidden, mounts, driver);
    }

    /** Returns these edits, plus all that is needed to reach the devices. */
    ContainerEdits reaching(DriverAccess devices) {
        return new ContainerEdits(environment, mounts, Optional.of(devices));
    }
}
