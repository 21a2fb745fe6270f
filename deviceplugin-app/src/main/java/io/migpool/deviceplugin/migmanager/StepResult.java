package io.migpool.deviceplugin.migmanager;

import java.util.List;

/** The result of one step towards a configuration. */
sealed interface StepResult {

    /**
     * The GPUs are in that configuration.
     *
     * @param changed UUIDs of the GPUs that were changed for it
     */
    record Done(List<String> changed) implements StepResult {

        /** Returns what to report to people; empty if nothing was changed. */
        String note() {
            return changed.isEmpty() ? "" : "changed " + String.join(", ", changed);
        }
    }

    /**
     * The step is to be retried in a moment.
     *
     * @param whom what it waits for, as the end of a sentence
     * @param reason the kind of wait
     */
    record Waits(String whom, WaitReason reason) implements StepResult {}

    /**
     * This attempt is over.
     *
     * @param reason why, and what to do
     */
    record Failed(String reason) implements StepResult {}
}
