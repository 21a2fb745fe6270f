package io.migpool.deviceplugin.host;

import java.io.IOException;

/**
 * The operations needed from the host's service manager. Calls block; each may fail with an {@link IOException} that
 * says why.
 */
public interface Systemd {

    /** Returns the state of a unit; one that does not exist is {@code not-found}. */
    Unit unit(String name) throws IOException;

    /** Stops a unit and returns when it has ended; has no effect on one that is not running. */
    void stop(String name) throws IOException;

    /** Starts a unit and returns when it is running, or has run. */
    void start(String name) throws IOException;

    /** Makes the machine shut down in an orderly way and restart; returns before it does. */
    void reboot() throws IOException;

    /**
     * The state of a unit, in systemd's terms.
     *
     * @param loadState {@code loaded}, {@code not-found}, {@code masked}, …
     * @param activeState {@code active}, {@code inactive}, {@code failed}, {@code activating}, {@code deactivating}, …
     * @param unitFileState {@code enabled}, {@code disabled}, {@code static}, …; empty if there is no file
     * @param type type of a service: {@code simple}, {@code oneshot}, …
     */
    record Unit(String loadState, String activeState, String unitFileState, String type) {

        /** Returns whether it is running or about to. */
        public boolean isRunning() {
            return switch (activeState) {
                case "active", "activating", "reloading" -> true;
                default -> false;
            };
        }

        /** Returns whether it has stopped. */
        public boolean isDown() {
            return activeState.equals("inactive") || activeState.equals("failed");
        }
    }
}
