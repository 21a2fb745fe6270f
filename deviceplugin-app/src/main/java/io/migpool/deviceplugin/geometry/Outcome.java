package io.migpool.deviceplugin.geometry;

import java.util.List;
import java.util.Set;

/** What came of a configuration. */
public sealed interface Outcome {

    /** The reasons in one text; of {@code Applied}, the GPUs that were changed. */
    default String text() {
        return switch (this) {
            case Applied(List<String> changed) -> String.join(", ", changed);
            case Waiting(List<String> reasons, List<Occupant> _, Set<Long> _) -> String.join("; ", reasons);
            case Held(String reason) -> reason;
            case NeedsReset(List<String> reasons) -> String.join("; ", reasons);
            case Refused(List<String> reasons) -> String.join("; ", reasons);
            case Failed(String reason, boolean _) -> reason;
        };
    }

    /**
     * The GPUs are as it says.
     *
     * @param changed UUIDs of those that were changed for it, none if it was so before
     */
    record Applied(List<String> changed) implements Outcome {}

    /**
     * Not now; nothing is changed. It goes on by itself when it is tried again later.
     *
     * @param reasons for whom it waits, GPU by GPU
     * @param occupants those of them who can be asked to leave
     * @param processes ids of the processes that are waited for, whether or not they belong to an occupant
     */
    record Waiting(List<String> reasons, List<Occupant> occupants, Set<Long> processes) implements Outcome {

        public Waiting {
            reasons = List.copyOf(reasons);
            occupants = List.copyOf(occupants);
            processes = Set.copyOf(processes);
        }
    }

    /**
     * Somebody whom nobody sees holds what has to go. A step found that out, and everything is taken back.
     *
     * @param reason which step, and why
     */
    record Held(String reason) implements Outcome {}

    /**
     * MIG mode changes only with a reset of GPUs, or a reboot of the machine, which is not for us to do; nothing is changed.
     *
     * @param reasons which GPUs, and why they are not reset
     */
    record NeedsReset(List<String> reasons) implements Outcome {}

    /**
     * It can never be so on these boards; nothing was touched.
     *
     * @param reasons why, GPU by GPU
     */
    record Refused(List<String> reasons) implements Outcome {}

    /**
     * A step failed.
     *
     * @param reason which and why
     * @param restored whether all GPUs are as they were before
     */
    record Failed(String reason, boolean restored) implements Outcome {}
}
