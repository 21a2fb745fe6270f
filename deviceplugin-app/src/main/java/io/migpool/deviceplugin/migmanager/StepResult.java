package io.migpool.deviceplugin.migmanager;

import java.util.List;

/** What came of one step towards a configuration. */
sealed interface StepResult {

    /**
     * The GPUs are as it says.
     *
     * @param changed UUIDs of those that were changed for it
     */
    record Done(List<String> changed) implements StepResult {}

    /**
     * To be tried again in a moment.
     *
     * @param whom what it waits for, as the end of a sentence
     * @param what of these it is
     */
    record Waits(String whom, WaitReason what) implements StepResult {}

    /**
     * This attempt is over.
     *
     * @param reason why, and what to do
     */
    record Failed(String reason) implements StepResult {}
}
