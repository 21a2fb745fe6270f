package io.migpool.deviceplugin.geometry;

import java.util.List;
import java.util.Set;

/** The result of bringing GPUs to a target. */
public sealed interface Outcome {

    /** Returns the reasons as one text; for {@code Applied}, the GPUs that were changed. */
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
     * The GPUs are at the target.
     *
     * @param changed UUIDs of the GPUs that were changed for it, empty if none had to be
     */
    record Applied(List<String> changed) implements Outcome {}

    /**
     * Not possible now; nothing is changed. A later attempt may succeed without anyone's help.
     *
     * @param reasons what it waits for, GPU by GPU
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
     * An unidentified holder keeps an instance that has to go. A step failed on that, and everything is taken back.
     *
     * @param reason which step, and why
     */
    record Held(String reason) implements Outcome {}

    /**
     * MIG mode changes only with a reset of GPUs or a reboot of the machine, neither of which is done here; nothing is
     * changed.
     *
     * @param reasons which GPUs, and why they are not reset
     */
    record NeedsReset(List<String> reasons) implements Outcome {}

    /**
     * These boards can never be at the target; nothing was touched.
     *
     * @param reasons why, GPU by GPU
     */
    record Refused(List<String> reasons) implements Outcome {}

    /**
     * A step failed.
     *
     * @param reason which step, and why
     * @param restored whether all GPUs are as they were before
     */
    record Failed(String reason, boolean restored) implements Outcome {}
}
