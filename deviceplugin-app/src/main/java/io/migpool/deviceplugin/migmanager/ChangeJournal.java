package io.migpool.deviceplugin.migmanager;

/** Keeps the {@link UnfinishedChange} beyond the life of the agent and the boot. */
interface ChangeJournal {

    /** Returns what is recorded; {@link UnfinishedChange#NOTHING} if nothing is. */
    UnfinishedChange load();

    /**
     * Replaces what is recorded.
     *
     * @throws UnreachableException if it could not be written; the step that it records must not be taken then
     */
    void save(UnfinishedChange remembered) throws UnreachableException;
}
