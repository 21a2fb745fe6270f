package io.migpool.extender;

/** Starts the scheduler extender. */
public final class ExtenderMain {

    private ExtenderMain() {}

    /** Runs until the process is told to stop. */
    public static void main(String[] args) {
        io.helidon.Main.main(args);
    }
}
