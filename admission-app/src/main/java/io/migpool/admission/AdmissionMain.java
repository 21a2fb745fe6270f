package io.migpool.admission;

/** Starts the admission webhook; everything is configured through MicroProfile Config. */
public final class AdmissionMain {

    private AdmissionMain() {}

    /**
     * Returns once the server is up; the process lives until it is told to stop.
     *
     * @param arguments none are used
     */
    public static void main(String[] arguments) {
        io.helidon.Main.main(arguments);
    }
}
