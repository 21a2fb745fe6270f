package io.migpool.deviceplugin.instance;

/** Keeps the ownership as it is now for the next start. */
interface OwnershipLog extends AutoCloseable {

    /** Writes what is true now and waits until it is safe from a crash of the agent. */
    void saveNow() throws RealisationException;

    /** Asks for a write without waiting; a failure is logged. */
    void saveSoon();

    /** Writes what is true now, if a write was ever asked for, and stops. */
    @Override
    void close();
}
