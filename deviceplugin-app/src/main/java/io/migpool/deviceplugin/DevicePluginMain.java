package io.migpool.deviceplugin;

import io.helidon.Main;
import io.migpool.runtime.log.Logs;

/** Starts the node agent. */
public final class DevicePluginMain {

    private DevicePluginMain() {}

    public static void main(String[] args) {
        Logs.configure();
        Main.main(args);
    }
}
