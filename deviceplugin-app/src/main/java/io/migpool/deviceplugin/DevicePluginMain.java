package io.migpool.deviceplugin;

import io.helidon.Main;

/** Starts the node agent. */
public final class DevicePluginMain {

    private DevicePluginMain() {}

    public static void main(String[] args) {
        Main.main(args);
    }
}
