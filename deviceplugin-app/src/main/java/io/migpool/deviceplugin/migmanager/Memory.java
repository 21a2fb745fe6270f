package io.migpool.deviceplugin.migmanager;

/** Where {@link Remembered} outlives the agent and the boot. */
interface Memory {

    /** What is remembered; {@link Remembered#NOTHING} if nothing is. */
    Remembered load();

    /**
     * Remembers it in place of what was remembered.
     *
     * @throws UnreachableException if it could not be written; what it is about must not be done then
     */
    void save(Remembered remembered) throws UnreachableException;
}
