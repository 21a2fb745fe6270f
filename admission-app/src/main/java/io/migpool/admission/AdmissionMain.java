package io.migpool.admission;

import io.migpool.runtime.log.Logs;
import java.util.logging.LogManager;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the admission webhook; everything is configured through MicroProfile Config. */
public final class AdmissionMain {

    private AdmissionMain() {}

    /**
     * Returns once the server is up; the process runs until it is stopped.
     *
     * @param arguments ignored
     */
    public static void main(String[] arguments) {
        new Logs(LogManager.getLogManager()).apply(ConfigProvider.getConfig());
        io.helidon.Main.main(arguments);
    }
}
