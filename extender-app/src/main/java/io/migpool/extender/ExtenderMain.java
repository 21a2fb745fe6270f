package io.migpool.extender;

import io.migpool.runtime.log.Logs;

/** Starts the scheduler extender. */
public final class ExtenderMain {

    private ExtenderMain() {}

    /** Runs until the process is stopped. */
    public static void main(String[] args) {
        Logs.configure();
        io.helidon.Main.main(args);
    }
}
