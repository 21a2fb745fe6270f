package io.migpool.deviceplugin.node;

import java.io.IOException;
import java.util.List;

/** The pods that have been given devices on this node, by any plugin. */
@FunctionalInterface
public interface DeviceHolders {

    /**
     * Returns all of them.
     *
     * @throws IOException if it cannot be determined
     */
    List<Holder> present() throws IOException, InterruptedException;

    /**
     * A pod with a device.
     *
     * @param namespace namespace of the pod
     * @param pod its name
     * @param deviceId the plugin's name for the device, for example {@code MIG-…}
     */
    record Holder(String namespace, String pod, String resource, String deviceId) {

        /** Returns the UUID of the device. */
        public String device() {
            return DeviceHolders.device(deviceId);
        }
    }

    /** Returns the UUID in a plugin's name for a device. Plugins that share a device append the number of a copy. */
    static String device(String deviceId) {
        return deviceId.split("::", 2)[0];
    }
}
