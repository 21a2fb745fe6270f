package io.migpool.admission;

import io.migpool.runtime.log.Logs;

/** Starts the admission webhook; everything is configured through MicroProfile Config. */
public final class AdmissionMain {

    private AdmissionMain() {}

    /**
     * Returns once the server is up; the process runs until it is stopped.
     *
     * @param arguments ignored
     */
    public static void main(String[] arguments) {
        Logs.configure();
        io.helidon.Main.main(arguments);
    }
}
