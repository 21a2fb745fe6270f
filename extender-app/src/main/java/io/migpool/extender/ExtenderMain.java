package io.migpool.extender;

import io.migpool.runtime.log.Logs;
import java.util.logging.LogManager;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the scheduler extender. */
public final class ExtenderMain {

    private ExtenderMain() {}

    /** Runs until the process is stopped. */
    public static void main(String[] args) {
        new Logs(LogManager.getLogManager()).apply(ConfigProvider.getConfig());
        io.helidon.Main.main(args);
    }
}
