package io.migpool.deviceplugin.geometry;

import java.time.Duration;
import java.util.List;

/** What came of one step towards a configuration. */
sealed interface Step {

    /**
     * The GPUs are as it says.
     *
     * @param changed UUIDs of those that were changed for it
     */
    record Done(List<String> changed) implements Step {}

    /**
     * To be tried again in a moment.
     *
     * @param whom what it waits for, as the end of a sentence
     * @param limit how long an attempt waits for that, from its beginning
     */
    record Waits(String whom, Duration limit) implements Step {}

    /**
     * This attempt is over.
     *
     * @param reason why, and what to do
     */
    record Failed(String reason) implements Step {}
}
