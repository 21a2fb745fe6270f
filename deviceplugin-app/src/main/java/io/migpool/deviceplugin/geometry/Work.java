package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.MigConfigLabels.State;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The way towards one configuration, as far as it can be gone now: pods first, because nobody has to step aside for waiting;
 * then the clients; then the GPUs. Used by one thread.
 */
final class Work {

    private static final System.Logger LOG = System.getLogger(Work.class.getName());

    /** So long a process may be seen after its pod has gone. */
    private static final Duration LAST_BREATH = Duration.ofSeconds(10);

    private static final int MOST_TRIES = 3;

    private static final Duration ASK_AGAIN_FOR_REBOOT = Duration.ofMinutes(2);

    private final Geometry geometry;
    private final GpuScope gpus;
    private final KnownLabels labels;
    private final StepAside stepAside;
    private final Reboots reboots;
    private final Memory memory;
    private final Notices notices;
    private final InstantSource clock;
    private Instant rebootAsked = Instant.MIN;
    /** That were held up by somebody unseen, since the last pause. */
    private int tries;
    /** Processes that are in the way while all clients are out. */
    private Set<Long> suspects = Set.of();

    private Instant suspected = Instant.MIN;
    /** Those of them that stayed: they are not of clients, and for them nobody needs to step aside again. */
    private Set<Long> strangers = Set.of();

    Work(
            Geometry geometry,
            GpuScope gpus,
            KnownLabels labels,
            StepAside stepAside,
            Reboots reboots,
            Memory memory,
            Notices notices,
            InstantSource clock) {
        this.geometry = geometry;
        this.gpus = gpus;
        this.labels = labels;
        this.stepAside = stepAside;
        this.reboots = reboots;
        this.memory = memory;
        this.notices = notices;
        this.clock = clock;
    }

    /** Goes on. */
    Step towards(String value, List<MigSpecEntry> wanted) throws UnreachableException, GpuException {
        Outcome checked;
        try {
            checked = geometry.check(wanted, gpus.occupants());
        } catch (UnreachableException e) {
            return withoutOccupants(value, wanted, e);
        }
        List<Occupant> awaited = gpus.awaited();
        if (!awaited.isEmpty() && !(checked instanceof Outcome.Refused)) {
            pending(value);
            return leave(awaited, "to leave the GPUs, which the pool gave them before");
        }
        return switch (checked) {
            case Outcome.Applied(List<String> toChange) ->
                toChange.isEmpty() ? new Step.Done(List.of()) : change(value, wanted);
            case Outcome.Waiting(List<String> reasons, List<Occupant> occupants, Set<Long> processes) -> {
                // Processes without a pod may be those of clients.
                if (occupants.isEmpty() && Collections.disjoint(processes, strangers)) {
                    yield change(value, wanted);
                }
                pending(value);
                yield leave(occupants, String.join("; ", reasons));
            }
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset(List<String> reasons) -> reboot(value, wanted, reasons);
            case Outcome.Refused(List<String> reasons) -> new Step.Failed(String.join("; ", reasons));
            case Outcome.Failed(String reason, boolean _) -> new Step.Failed(reason);
        };
    }

    /** What is so already needs nobody's answer, and what can never be so neither. */
    private Step withoutOccupants(String value, List<MigSpecEntry> wanted, UnreachableException why)
            throws UnreachableException, GpuException {
        Outcome checked = geometry.check(wanted, List.of());
        if (checked instanceof Outcome.Refused(List<String> reasons)) {
            return new Step.Failed(String.join("; ", reasons));
        }
        if (checked.equals(new Outcome.Applied(List.of())) && gpus.awaited().isEmpty()) {
            return new Step.Done(List.of());
        }
        pending(value);
        throw why;
    }

    /** Says that something is to be done for that value, and lets no new pods come in its way. */
    void pending(String value) throws UnreachableException {
        gpus.keepOff(true);
        memory.save(memory.load().about(value));
        labels.tell(State.PENDING);
    }

    private Step change(String value, List<MigSpecEntry> wanted) throws UnreachableException, GpuException {
        gpus.keepOff(true);
        List<String> present = stepAside.begin(value);
        if (!present.isEmpty()) {
            return new Step.Waits("the pods of GPU clients to end: " + String.join(", ", present), Awaited.CLIENTS);
        }
        return switch (gpus.alone(users -> geometry.apply(wanted, users))) {
            case Outcome.Applied(List<String> changed) -> new Step.Done(changed);
            case Outcome.Waiting(List<String> reasons, List<Occupant> occupants, Set<Long> processes) -> {
                if (occupants.isEmpty() && haveStayed(processes)) {
                    strangers = suspects;
                    stepAside.comeBack();
                }
                yield leave(occupants, String.join("; ", reasons));
            }
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset(List<String> reasons) -> reboot(value, wanted, reasons);
            case Outcome.Refused(List<String> reasons) -> new Step.Failed(String.join("; ", reasons));
            case Outcome.Failed(String reason, boolean restored) ->
                new Step.Failed(
                        reason + (restored ? "; the former layout is back" : "; the former layout is not back"));
        };
    }

    private boolean haveStayed(Set<Long> inTheWay) {
        Set<Long> still = new HashSet<>(suspects);
        still.retainAll(inTheWay);
        if (still.isEmpty()) {
            suspected = clock.instant();
        }
        suspects = still.isEmpty() ? inTheWay : still;
        return !still.isEmpty() && !clock.instant().isBefore(suspected.plus(LAST_BREATH));
    }

    /** Each try destroys and makes again what nobody holds: a few for who holds it for a moment, as monitors do, then a pause. */
    private Step held(String reason) {
        tries++;
        if (tries < MOST_TRIES) {
            return new Step.Waits(reason, Awaited.USERS);
        }
        tries = 0;
        return new Step.Failed(reason + "; the former layout is back");
    }

    private Step leave(List<Occupant> occupants, String why) throws UnreachableException {
        List<String> names =
                occupants.stream().map(Occupant::name).distinct().sorted().toList();
        List<String> whom = new ArrayList<>();
        if (!names.isEmpty()) {
            whom.add(String.join(", ", names));
        }
        whom.add(why);
        whom.addAll(gpus.askToLeave(occupants));
        return new Step.Waits(String.join("; ", whom), Awaited.USERS);
    }

    private Step reboot(String value, List<MigSpecEntry> wanted, List<String> reasons)
            throws UnreachableException, GpuException {
        String why = String.join("; ", reasons);
        if (!reboots.areAllowed()) {
            return new Step.Failed("%s; %s, reboot the node, or let the agent reboot it"
                    .formatted(why, RecoveryAction.GPU_RESET.remedy()));
        }
        Remembered before = memory.load();
        if (before.value().equals(value) && !before.rebootedFrom().isEmpty()) {
            if (!before.rebootedFrom().equals(reboots.bootId())) {
                return new Step.Failed("the change of MIG mode did not take effect with the reboot: " + why);
            }
            boolean nobodyLeft = reboots.podsToEnd().isEmpty();
            if (!before.clientsPaused() && !nobodyLeft) {
                // That attempt has failed, and the pods that it ended may have come back.
                return new Step.Failed(
                        "%s; the node did not reboot when it was asked to, and its pods are not ended for that again; reboot it"
                                .formatted(why));
            }
            if (isAsked(before) && reboots.isCordoned() && nobodyLeft) {
                return new Step.Waits("the reboot that was asked for", Awaited.REBOOT);
            }
        }
        boolean begun = before.clientsPaused()
                && before.value().equals(value)
                && !before.rebootedFrom().isEmpty();
        // The bus may be gone already while the machine goes down.
        if (!begun) {
            try {
                reboots.requirePossible();
            } catch (UnreachableException e) {
                return new Step.Failed("%s; the node cannot be rebooted: %s".formatted(why, e.getMessage()));
            }
        }
        gpus.keepOff(true);
        List<String> present = stepAside.begin(value);
        if (!present.isEmpty()) {
            return new Step.Waits("the pods of GPU clients to end: " + String.join(", ", present), Awaited.CLIENTS);
        }
        if (!reboots.isCordoned()) {
            memory.save(memory.load().withCordoned(true));
            reboots.cordon(true);
        }
        List<Occupant> pods = reboots.podsToEnd();
        if (!pods.isEmpty()) {
            return leave(pods, "a reboot for a change of MIG mode ends every pod of the node");
        }
        rememberLayout(wanted);
        return switch (gpus.alone(users -> geometry.prepareReboot(wanted, users))) {
            case Outcome.Applied _ -> {
                memory.save(memory.load().about(value).withRebootFrom(reboots.bootId()));
                labels.tell(State.REBOOTING);
                notices.progress("MigConfigRebooting", why + "; the node reboots");
                yield askForReboot();
            }
            case Outcome.Waiting(List<String> whom, List<Occupant> occupants, Set<Long> _) ->
                leave(occupants, String.join("; ", whom));
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset(List<String> other) -> new Step.Failed(String.join("; ", other));
            case Outcome.Refused(List<String> other) -> new Step.Failed(String.join("; ", other));
            case Outcome.Failed(String reason, boolean _) -> new Step.Failed(reason);
        };
    }

    /** What was there before a former attempt counts for more than what that one left. */
    private void rememberLayout(List<MigSpecEntry> wanted) throws UnreachableException, GpuException {
        Remembered now = memory.load();
        if (now.layoutBefore().isEmpty()) {
            memory.save(now.withLayoutBefore(CheckpointFormat.write(geometry.otherwise(wanted))));
        }
    }

    /**
     * Goes back to what was there before a reboot was prepared that did not come.
     *
     * @return what came of it, as a sentence; empty if there was nothing to go back to
     */
    Optional<String> takeBackReboot() {
        String before = memory.load().layoutBefore();
        if (before.isEmpty()) {
            return Optional.empty();
        }
        String trouble;
        try {
            Checkpoint checkpoint = CheckpointFormat.read(before);
            Outcome outcome = gpus.alone(users -> geometry.takeBack(checkpoint, users));
            if (outcome instanceof Outcome.Applied(List<String> changed)) {
                memory.save(memory.load().withLayoutBefore(""));
                return changed.isEmpty() ? Optional.empty() : Optional.of("the former layout is back");
            }
            trouble = outcome.toString();
        } catch (UnreachableException | GpuException | MigSpecException e) {
            trouble = String.valueOf(e.getMessage());
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "what was there before a reboot that did not come is not back: {0}",
                trouble);
        return Optional.of("the former layout is not back: " + trouble);
    }

    /** Whether the reboot of this attempt was asked for a moment ago. */
    private boolean isAsked(Remembered now) {
        return now.clientsPaused() && !now.layoutBefore().isEmpty() && !isToBeAskedFor();
    }

    private boolean isToBeAskedFor() {
        return rebootAsked.isBefore(clock.instant().minus(ASK_AGAIN_FOR_REBOOT));
    }

    private Step askForReboot() throws UnreachableException {
        if (isToBeAskedFor()) {
            rebootAsked = clock.instant();
            reboots.reboot();
        }
        return new Step.Waits("the reboot that was asked for", Awaited.REBOOT);
    }
}
