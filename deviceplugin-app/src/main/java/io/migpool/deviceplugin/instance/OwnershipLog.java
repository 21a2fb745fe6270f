package io.migpool.deviceplugin.instance;

/** Saves the present ownership for the next start. */
interface OwnershipLog extends AutoCloseable {

    /** Writes the present state and waits until it would survive a crash of the agent. */
    void saveNow() throws RealisationException;

    /** Requests a write without waiting; a failure is logged. */
    void saveSoon();

    /** Writes the present state, if a write was ever requested, and stops. */
    @Override
    void close();
}
