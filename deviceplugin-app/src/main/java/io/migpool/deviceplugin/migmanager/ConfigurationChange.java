package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
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
 * Advances the node one step at a time towards a configuration: first waits for pods, because no client has to step
 * aside for that; then pauses clients; then changes the GPUs, or reboots. Used by one thread.
 */
final class ConfigurationChange {

    /** A process may outlive its pod by this long. */
    private static final Duration LAST_BREATH = Duration.ofSeconds(10);

    private static final int MOST_TRIES = 3;

    private static final Duration ASK_AGAIN_FOR_REBOOT = Duration.ofMinutes(2);

    private final Geometry geometry;
    private final GpuScope gpus;
    private final KnownLabels labels;
    private final ClientPause pause;
    private final ClientRestart restart;
    private final FormerLayout former;
    private final Reboots reboots;
    private final SpecificationRenewal specification;
    private final ChangeJournal journal;
    private final Notices notices;
    private final InstantSource clock;
    /**
     * The value for which the bus has answered. Asked once per attempt: a short silence must not end an attempt for
     * which pods have already left.
     */
    private String busAnsweredFor = "";

    private Instant rebootAsked = Instant.MIN;
    /** Why the reboot was refused; empty if it was accepted. */
    private String refusal = "";
    /** Tries in a row that an unidentified holder blocked. */
    private int tries;
    /** Processes in the way while all clients are paused. */
    private Set<Long> suspects = Set.of();

    private Instant suspected = Instant.MIN;
    /** Suspects that stayed: they are not clients, so pausing clients again will not help. */
    private Set<Long> strangers = Set.of();

    ConfigurationChange(
            Geometry geometry,
            GpuScope gpus,
            KnownLabels labels,
            ClientPause pause,
            ClientRestart restart,
            FormerLayout former,
            Reboots reboots,
            SpecificationRenewal specification,
            ChangeJournal journal,
            Notices notices,
            InstantSource clock) {
        this.geometry = geometry;
        this.gpus = gpus;
        this.labels = labels;
        this.pause = pause;
        this.restart = restart;
        this.former = former;
        this.reboots = reboots;
        this.specification = specification;
        this.journal = journal;
        this.notices = notices;
        this.clock = clock;
    }

    /** Takes the next step. In the end, also restores the GPUs that the configuration does not mention. */
    StepResult towards(String value, Target.Layout wanted) throws UnreachableException, GpuException {
        StepResult result = step(value, wanted);
        if (!(result instanceof StepResult.Done)) {
            return result;
        }
        busAnsweredFor = "";
        try {
            former.takeBackOthers(wanted.entries());
        } catch (GpuException e) {
            // What has been applied stays so.
            return new StepResult.Waits("GPUs to answer: " + e.getMessage(), WaitReason.ANSWERS);
        }
        return clientsToStartAgain(value).orElse(result);
    }

    /** Clients are not disturbed for a specification that still cannot be generated. */
    private Optional<StepResult> clientsToStartAgain(String value) throws UnreachableException {
        return journal.load().specification().clientsHaveFormer()
                        && specification.renew().isEmpty()
                ? Optional.of(restart.step(value)).filter(restarted -> !(restarted instanceof StepResult.Done))
                : Optional.empty();
    }

    private StepResult step(String value, Target.Layout wanted) throws UnreachableException, GpuException {
        Outcome checked;
        try {
            checked = geometry.check(wanted, gpus.occupants());
        } catch (UnreachableException e) {
            return withoutOccupants(value, wanted, e);
        }
        List<Occupant> awaited = gpus.awaited();
        if (checked instanceof Outcome.Waiting || !(awaited.isEmpty() || checked instanceof Outcome.Refused)) {
            List<String> resets = geometry.resets(wanted.entries());
            Optional<StepResult.Failed> futile =
                    resets.isEmpty() ? Optional.empty() : futile(value, String.join("; ", resets), true);
            if (futile.isPresent()) {
                return futile.get();
            }
        }
        if (!awaited.isEmpty() && !(checked instanceof Outcome.Refused)) {
            pending(value);
            return leave(awaited, "to leave the GPUs, which the pool gave them before");
        }
        return switch (checked) {
            case Outcome.Applied(List<String> toChange) ->
                toChange.isEmpty() ? new StepResult.Done(List.of()) : change(value, wanted);
            case Outcome.Waiting(List<String> _, List<Occupant> occupants, Set<Long> processes) -> {
                // Processes without a pod may belong to clients.
                if (occupants.isEmpty() && Collections.disjoint(processes, strangers)) {
                    yield change(value, wanted);
                }
                pending(value);
                yield leave(occupants, checked.text());
            }
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset _ -> reboot(value, wanted, checked.text());
            case Outcome.Refused _, Outcome.Failed _ -> new StepResult.Failed(checked.text());
        };
    }

    /** If the layout is already in place, or impossible, the answer does not depend on who uses the GPUs. */
    private StepResult withoutOccupants(String value, Target.Layout wanted, UnreachableException why)
            throws UnreachableException, GpuException {
        Outcome checked = geometry.check(wanted, List.of());
        if (checked instanceof Outcome.Refused) {
            return new StepResult.Failed(checked.text());
        }
        if (checked.equals(new Outcome.Applied(List.of())) && gpus.awaited().isEmpty()) {
            return new StepResult.Done(List.of());
        }
        pending(value);
        throw why;
    }

    /** Publishes that a change for that value is pending, and keeps new pods off the GPUs. */
    void pending(String value) throws UnreachableException {
        gpus.shut();
        journal.save(journal.load().about(value));
        labels.tell(State.PENDING);
    }

    private StepResult change(String value, Target.Layout wanted) throws UnreachableException, GpuException {
        gpus.shut();
        Optional<StepResult> unready = clientsToStepAside(value);
        if (unready.isPresent()) {
            return unready.get();
        }
        Outcome outcome = gpus.alone(users -> apply(wanted, users));
        return switch (outcome) {
            case Outcome.Applied(List<String> changed) -> {
                tries = 0;
                yield new StepResult.Done(changed);
            }
            case Outcome.Waiting(List<String> _, List<Occupant> occupants, Set<Long> processes) -> {
                if (occupants.isEmpty() && haveStayed(processes)) {
                    strangers = suspects;
                    pause.comeBack();
                }
                yield leave(occupants, outcome.text());
            }
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset _ -> reboot(value, wanted, outcome.text());
            case Outcome.Refused _, Outcome.Failed _ -> new StepResult.Failed(outcome.text());
        };
    }

    private Outcome apply(Target.Layout wanted, List<Occupant> users) throws UnreachableException, GpuException {
        Outcome planned = geometry.check(wanted, users);
        if (planned instanceof Outcome.Applied) {
            record(wanted);
            return geometry.apply(wanted, users);
        }
        return planned;
    }

    private void record(Target.Layout wanted) throws UnreachableException, GpuException {
        former.remember(wanted.entries());
        specification.markDue();
    }

    /** Pauses clients; returns why not all have stepped aside, or empty if they have. */
    private Optional<StepResult> clientsToStepAside(String value) throws UnreachableException {
        try {
            List<String> present = pause.begin(value);
            return present.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new StepResult.Waits(
                            "the pods of GPU clients to end: " + String.join(", ", present), WaitReason.CLIENTS));
        } catch (UnreachableException e) {
            pending(value);
            throw e;
        } catch (MigSpecException e) {
            return Optional.of(new StepResult.Failed(String.valueOf(e.getMessage())));
        }
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

    /**
     * Each try destroys and re-creates instances that no one holds: a few tries for a holder that soon leaves, such as
     * a monitor, then a pause.
     */
    private StepResult held(String reason) {
        tries++;
        if (tries < MOST_TRIES) {
            return new StepResult.Waits(reason, WaitReason.USERS);
        }
        tries = 0;
        return new StepResult.Failed(reason);
    }

    private StepResult leave(List<Occupant> occupants, String why) throws UnreachableException {
        List<String> names =
                occupants.stream().map(Occupant::name).distinct().sorted().toList();
        List<String> whom = new ArrayList<>();
        if (!names.isEmpty()) {
            whom.add(String.join(", ", names));
        }
        whom.add(why);
        if (gpus.areRefilled()
                && occupants.stream().anyMatch(occupant -> occupant.podUid().isPresent())) {
            cordon();
        }
        whom.addAll(gpus.askToLeave(occupants));
        return new StepResult.Waits(String.join("; ", whom), WaitReason.USERS);
    }

    /** Returns why no one should be disturbed for a reboot: it is not possible, or known to be futile. */
    private Optional<StepResult.Failed> futile(String value, String why, boolean someoneIsThere)
            throws UnreachableException, GpuException {
        if (!reboots.areAllowed()) {
            return failed(
                    "%s; run nvidia-smi -mig 1, or 0, for it; then %s, or reboot the node; or let the agent reboot it"
                            .formatted(why, RecoveryAction.GPU_RESET.remedy()));
        }
        UnfinishedChange before = journal.load();
        boolean sameValue = before.value().equals(value);
        boolean isAsked = sameValue && before.reboot().isAsked();
        if (isAsked && !before.reboot().askedIn().equals(reboots.bootId())) {
            return failed("the change of MIG mode did not take effect with the reboot: " + why);
        }
        if (isAsked && (before.aside().clientsPaused() || before.aside().cordoned())) {
            // The attempt that asked still goes on. The bus may be gone already while the machine goes down.
            return Optional.empty();
        }
        boolean inVain = isAsked || (sameValue && before.reboot().inVainIn().equals(reboots.bootId()));
        if (inVain && (someoneIsThere || !reboots.podsToEnd().isEmpty())) {
            return failed(
                    "%s; the node did not reboot when asked to, and its pods are not evicted for that again; reboot it, and the change is retried"
                            .formatted(why));
        }
        // Only where no pod is drained behind a cordon does a cordon mean that the bus has answered.
        boolean cordonedForReboot = sameValue && before.aside().cordoned() && !gpus.areRefilled();
        if (busAnsweredFor.equals(value) || cordonedForReboot) {
            return Optional.empty();
        }
        try {
            reboots.requirePossible();
            busAnsweredFor = value;
            return Optional.empty();
        } catch (UnreachableException e) {
            return failed("%s; the node cannot be rebooted: %s".formatted(why, e.getMessage()));
        }
    }

    private static Optional<StepResult.Failed> failed(String reason) {
        return Optional.of(new StepResult.Failed(reason));
    }

    private StepResult reboot(String value, Target.Layout wanted, String why)
            throws UnreachableException, GpuException {
        Optional<StepResult.Failed> futile = futile(value, why, false);
        if (futile.isPresent()) {
            return futile.get();
        }
        if (isReadyForReboot(value)) {
            return askForReboot(why);
        }
        pending(value);
        cordon();
        List<Occupant> pods = reboots.podsToEnd();
        if (!pods.isEmpty()) {
            pause.comeBack();
            return leave(pods, "a reboot for a change of MIG mode ends every pod of the node");
        }
        Optional<StepResult> unready = clientsToStepAside(value);
        if (unready.isPresent()) {
            return unready.get();
        }
        record(wanted);
        Outcome outcome = gpus.alone(users -> geometry.prepareReboot(wanted, users));
        return switch (outcome) {
            case Outcome.Applied _ -> {
                journal.save(journal.load().about(value).withRebootFrom(reboots.bootId()));
                yield askForReboot(why);
            }
            case Outcome.Waiting(List<String> _, List<Occupant> occupants, Set<Long> _) ->
                leave(occupants, outcome.text());
            case Outcome.Held(String reason) -> held(reason);
            case Outcome.NeedsReset _, Outcome.Refused _, Outcome.Failed _ -> new StepResult.Failed(outcome.text());
        };
    }

    /**
     * Restores what was there before a change that is given up.
     *
     * @return the outcome as a sentence; empty if nothing was changed
     */
    Optional<String> takeBack() {
        busAnsweredFor = "";
        tries = 0;
        return former.takeBack();
    }

    private boolean isReadyForReboot(String value) throws UnreachableException, GpuException {
        UnfinishedChange now = journal.load();
        return now.value().equals(value)
                && now.reboot().askedIn().equals(reboots.bootId())
                && now.aside().clientsPaused()
                && reboots.isCordoned()
                && reboots.podsToEnd().isEmpty();
    }

    private void cordon() throws UnreachableException {
        if (!reboots.isCordoned()) {
            journal.save(journal.load().withCordoned(true));
            reboots.cordon();
        }
    }

    private StepResult askForReboot(String why) throws UnreachableException {
        // The agent may have died since it decided on the reboot, before it could publish that.
        if (labels.tell(State.REBOOTING)) {
            notices.progress("MigConfigRebooting", why + "; the node reboots");
        }
        if (rebootAsked.isBefore(clock.instant().minus(ASK_AGAIN_FOR_REBOOT))) {
            rebootAsked = clock.instant();
            refusal = "";
            try {
                reboots.reboot();
            } catch (UnreachableException e) {
                refusal = ", which was refused: " + e.getMessage();
            }
        }
        return new StepResult.Waits("the requested reboot" + refusal, WaitReason.REBOOT);
    }
}
