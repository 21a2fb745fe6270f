package io.migpool.deviceplugin.migmanager;

/** Where {@link UnfinishedChange} outlives the agent and the boot. */
interface ChangeJournal {

    /** What is remembered; {@link UnfinishedChange#NOTHING} if nothing is. */
    UnfinishedChange load();

    /**
     * Remembers it in place of what was remembered.
     *
     * @throws UnreachableException if it could not be written; what it is about must not be done then
     */
    void save(UnfinishedChange remembered) throws UnreachableException;
}
