package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.time.Instant;

/** Where the node stands with the value of its label. */
sealed interface Phase {

    /** No value is followed. */
    record Idle() implements Phase {}

    /** An attempt is made: it waits, or a step succeeds, until it has ended. */
    record UnderWay(Attempt attempt) implements Phase {}

    /**
     * The attempt has ended. It stays so until the value, its meaning or the GPUs change; after a failure, until it is
     * time for the next attempt.
     *
     * @param state the state to report
     * @param note what to report to people; empty if nothing happened that they should know
     * @param at when
     * @param told whether the state is reported, and clients resumed
     */
    record Ended(Attempt attempt, State state, String note, Instant at, boolean told) implements Phase {

        Ended asTold() {
            return new Ended(attempt, state, note, at, true);
        }

        /** Returns the end as a failure, for a reason that comes on top of what is reported already. */
        Ended butFailed(String reason) {
            String before = note.isEmpty() ? "" : note + "; ";
            return new Ended(attempt, State.FAILED, before + reason, at, told);
        }
    }

    /**
     * An attempt at one value.
     *
     * @param value the label's value
     * @param requested what the value meant when the attempt began
     * @param begun when this attempt began
     * @param times how long it has waited
     * @param failures the number of failed attempts before
     */
    record Attempt(String value, RequestedConfiguration requested, Instant begun, WaitingTimes times, int failures) {

        /** Begins an attempt. */
        Attempt(String value, RequestedConfiguration requested, Instant begun, int failures) {
            this(value, requested, begun, new WaitingTimes(begun), failures);
        }

        Ended ended(State state, String note, Instant at) {
            return new Ended(this, state, note, at, false);
        }
    }
}
