package io.migpool.deviceplugin.host;

import java.io.IOException;

/** What is needed of the host's service manager. Calls block; each may fail with an {@link IOException} that says why. */
public interface Systemd {

    /** How a unit stands; one that does not exist is {@code not-found}. */
    Unit unit(String name) throws IOException;

    /** Stops a unit and returns when it has ended; one that does not run stays so. */
    void stop(String name) throws IOException;

    /** Starts a unit and returns when it runs, or has run. */
    void start(String name) throws IOException;

    /** Has the machine shut down in an orderly way and start again; returns before it does. */
    void reboot() throws IOException;

    /**
     * A unit, in systemd's words.
     *
     * @param loadState {@code loaded}, {@code not-found}, {@code masked}, …
     * @param activeState {@code active}, {@code inactive}, {@code failed}, {@code activating}, {@code deactivating}, …
     * @param unitFileState {@code enabled}, {@code disabled}, {@code static}, …; empty if there is no file
     * @param type of a service: {@code simple}, {@code oneshot}, …
     */
    record Unit(String loadState, String activeState, String unitFileState, String type) {

        /** Whether it runs or is about to. */
        public boolean isRunning() {
            return switch (activeState) {
                case "active", "activating", "reloading" -> true;
                default -> false;
            };
        }

        /** Whether it has come to rest. */
        public boolean isDown() {
            return activeState.equals("inactive") || activeState.equals("failed");
        }
    }
}
