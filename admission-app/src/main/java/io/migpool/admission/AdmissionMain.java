package io.migpool.admission;

/** Starts the admission webhook; everything is configured through MicroProfile Config. */
public final class AdmissionMain {

    private AdmissionMain() {}

    /**
     * @param arguments none are used
     */
    public static void main(String[] arguments) {
        io.helidon.Main.main(arguments);
    }
}
