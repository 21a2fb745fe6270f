package io.migpool.deviceplugin.node;

import java.io.IOException;
import java.util.List;

/** Who has been given devices on this node, whatever plugin gave them. */
@FunctionalInterface
public interface DeviceHolders {

    /**
     * All of them.
     *
     * @throws IOException if it cannot be told
     */
    List<Holder> present() throws IOException, InterruptedException;

    /**
     * A pod with a device.
     *
     * @param namespace of the pod
     * @param pod its name
     * @param resource under which it was given
     * @param deviceId as the plugin names the device, for example {@code MIG-…}
     */
    record Holder(String namespace, String pod, String resource, String deviceId) {

        /** Device plugins that share a device number their copies. */
        private static final String COPY = "::";

        /** The device, whichever copy of it this is. */
        public String device() {
            return deviceId.split(COPY, 2)[0];
        }
    }
}
