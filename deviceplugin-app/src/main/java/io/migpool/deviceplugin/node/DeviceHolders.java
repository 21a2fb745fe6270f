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

        /** Device plugins that share a device number their copies. */
        private static final String COPY = "::";

        /** Returns the device, without the number of the copy. */
        public String device() {
            return deviceId.split(COPY, 2)[0];
        }
    }
}
