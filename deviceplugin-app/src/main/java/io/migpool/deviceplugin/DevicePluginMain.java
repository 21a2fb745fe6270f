package io.migpool.deviceplugin;

import io.helidon.Main;
import io.migpool.runtime.log.Logs;
import java.util.logging.LogManager;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the node agent. */
public final class DevicePluginMain {

    private DevicePluginMain() {}

    public static void main(String[] args) {
        new Logs(LogManager.getLogManager()).apply(ConfigProvider.getConfig());
        Main.main(args);
    }
}
