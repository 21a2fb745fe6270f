package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import io.migpool.deviceplugin.migmanager.Phase.Attempt;
import io.migpool.runtime.log.LastReport;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Follows the label {@code nvidia.com/mig.config} and answers with {@code nvidia.com/mig.config.state}:
 *
 * <pre>
 *  new value ── as it is? ─────────────────────────────────────▶ success ◀─┐
 *      │ └───── cannot be ─────────────────────────────────────▶ failed    │ checked again
 *      ▼                                                          ▲  │     │ and again
 *   pending: pods asked to leave, or waited for                   │  │ tried again after
 *      │     clients paused, services of the host stopped         │  │ a growing pause
 *      │     layout changed ──────────────────────────▶ success   │  │
 *      │  └─ needs a reboot ─▶ rebooting ─▶ pending …             │  │
 *      │  └─ waited too long, or a step failed and is taken back ─┘  │
 *      └─◀──────────────────────────────────────────────────────────┘
 * </pre>
 *
 * Clients come back with the write that reports success or failure. Every wait has an end, so nothing stays pending. A
 * later value replaces one under way, and so does the present one when what it requests has changed. The {@link Phase}
 * is where that stands; after a restart the present value is taken up again, and what has to be undone is recorded.
 * Used by one thread.
 */
public final class MigConfigProtocol {

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofMinutes(1);
    /** A layout that is in place is not read again more often. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    /**
     * For this long, an unread configuration does not make the node pending: after a start, ConfigMaps take a moment.
     */
    private static final Duration FIRST_READING = Duration.ofSeconds(30);

    /**
     * The node as the protocol sees it.
     *
     * @param labels the Node's labels
     * @param clients the clients that have to step aside
     * @param configurations the configurations that the label names
     * @param reboots reboots of the machine
     * @param specification what clients get devices through, to be generated before they come back
     * @param journal the record of what has to be undone
     * @param notices reports to people
     */
    public record Ports(
            NodeLabels labels,
            GpuClients clients,
            ConfigurationSource configurations,
            Reboots reboots,
            ManagementSpecification specification,
            ChangeJournal journal,
            Notices notices) {}

    private final KnownLabels labels;
    private final ConfigurationSource configurations;
    private final GpuScope gpus;
    private final ClientPause pause;
    private final ClientRestart restart;
    private final FormerLayout former;
    private final SpecificationRenewal specification;
    private final ConfigurationChange change;
    private final ChangeJournal journal;
    private final Notices notices;
    private final InstantSource clock;
    private final Patience patience;

    private Phase phase = new Phase.Idle();
    /** The GPUs that followed the label when the attempt was advanced last. */
    private Set<String> lookedAt = Set.of();

    private final LastReport lastTrouble = new LastReport();
    /** Since when an unfinished change has been waiting to learn whose the GPUs are. */
    private Instant undecidedSince = Instant.MAX;

    /**
     * @param geometry the geometry of those GPUs
     * @param gpus the GPUs that follow the label
     */
    public MigConfigProtocol(Ports node, Geometry geometry, GpuScope gpus, InstantSource clock, Patience patience) {
        this.labels = new KnownLabels(node.labels());
        this.configurations = node.configurations();
        this.gpus = gpus;
        this.journal = node.journal();
        this.notices = node.notices();
        this.clock = clock;
        this.patience = patience;
        this.pause = new ClientPause(labels, node.clients(), node.reboots(), journal);
        this.restart = new ClientRestart(pause, journal, clock, patience.clients());
        this.specification = new SpecificationRenewal(node.specification(), journal);
        this.former = new FormerLayout(geometry, gpus, node.reboots(), specification, journal);
        this.change = new ConfigurationChange(
                geometry,
                gpus,
                labels,
                pause,
                restart,
                former,
                node.reboots(),
                specification,
                journal,
                node.notices(),
                clock);
    }

    /**
     * Does what can be done now; blocks for driver calls and writes. To be called again when labels, configurations or
     * GPUs change, and at the latest after the returned time.
     *
     * @return the longest time until the next call
     */
    public Duration step() {
        if (!labels.look()) {
            return POLL;
        }
        String value = labels.config();
        try {
            if (!gpus.isDecided()) {
                return undecided(value);
            }
            undecidedSince = Instant.MAX;
            if (!gpus.isInUse()) {
                return withoutGpus(value);
            }
            return value.isEmpty() ? withoutValue() : follow(value);
        } catch (UnreachableException e) {
            trouble("MigConfigDelayed", String.valueOf(e.getMessage()));
            return POLL;
        }
    }

    /** Returns whether a change of a GPU is unfinished. Not to be called during a {@link #step}. */
    public boolean isUnfinished(String gpuUuid) {
        return former.isUnfinished(gpuUuid);
    }

    /**
     * Waits until it is known whose the GPUs are. An earlier change comes to an end here, too, because the GPUs may
     * never come back; its reboot stays recorded. Where nothing is recorded, the labels are someone else's.
     */
    private Duration undecided(String value) throws UnreachableException {
        UnfinishedChange begun = journal.load();
        if (begun.value().isEmpty() || !(begun.aside().isAnything() || labels.sayUnderWay())) {
            undecidedSince = Instant.MAX;
            return POLL;
        }
        Instant now = clock.instant();
        undecidedSince = now.isBefore(undecidedSince) ? now : undecidedSince;
        if (now.isBefore(undecidedSince.plus(patience.users()))) {
            return POLL;
        }
        undecidedSince = Instant.MAX;
        forget();
        bringBack();
        trouble(
                "MigConfigFailed",
                "%s=%s: timed out after %s waiting for GPUs to appear and config.json to say who controls them"
                        .formatted(MigConfigLabels.CONFIG, value, patience.users()));
        return POLL;
    }

    /** Leaves the label alone, which is someone else's then, except for what we have begun. */
    private Duration withoutGpus(String value) throws UnreachableException {
        UnfinishedChange begun = journal.load();
        if (!begun.equals(UnfinishedChange.NOTHING)) {
            // The former layout is no longer ours to restore.
            journal.save(begun.withLayoutBefore(""));
            renew();
            giveUp();
            // Nor are the instances of which the specification would be made.
            journal.save(journal.load().withoutSpecification().unlessOver());
        }
        forget();
        gpus.open(gpus.free());
        // What the GPU Operator labels every node with, and again if the label is removed, is no one's request.
        if (!value.isEmpty() && !value.equals(GeneratedConfiguration.ALL_DISABLED)) {
            trouble(
                    "MigConfigIgnored",
                    "%s=%s is ignored: no GPU of this node follows it; set labeldriven for the node in config.json"
                            .formatted(MigConfigLabels.CONFIG, value));
        }
        return IDLE;
    }

    private Duration withoutValue() throws UnreachableException {
        forget();
        change.takeBack();
        renew();
        StepResult restarted = restart.step(journal.load().value());
        if (restarted instanceof StepResult.Waits(String whom, WaitReason _)) {
            trouble("MigConfigWaits", "waiting for " + whom);
            gpus.open(gpus.free());
            return POLL;
        }
        giveUp();
        if (restarted instanceof StepResult.Failed(String reason)) {
            trouble("MigConfigFailed", reason);
        }
        gpus.open(gpus.free());
        return IDLE;
    }

    private void bringBack() throws UnreachableException {
        pause.end(labels.sayUnderWay() ? Optional.of(State.FAILED) : Optional.empty());
    }

    private void renew() throws UnreachableException {
        specification.renew().ifPresent(stale -> trouble("MigConfigFailed", stale));
    }

    private void giveUp() throws UnreachableException {
        bringBack();
        journal.save(journal.load().unlessOver());
    }

    private void forget() {
        phase = new Phase.Idle();
    }

    private Duration follow(String value) throws UnreachableException {
        Optional<Attempt> present = attempt(value);
        RequestedConfiguration requested = requested(value, present);
        if (present.isEmpty() || !present.get().requested().equals(requested)) {
            begin(value, requested, 0);
        }
        // Before the look: a GPU that comes during it may have been missed.
        Set<String> free = gpus.free();
        if (phase instanceof Phase.Ended ended && (!free.equals(lookedAt) || isToBeLookedAtAgain(ended))) {
            begin(value, requested, 0);
        }
        if (phase instanceof Phase.UnderWay(Attempt attempt)) {
            lookedAt = free;
            phase = withSpecification(advanced(attempt));
        }
        return phase instanceof Phase.Ended ended ? rest(ended) : POLL;
    }

    /** Returns the attempt at this value, under way or ended. */
    private Optional<Attempt> attempt(String value) {
        Optional<Attempt> latest =
                switch (phase) {
                    case Phase.Idle _ -> Optional.empty();
                    case Phase.UnderWay(Attempt attempt) -> Optional.of(attempt);
                    case Phase.Ended ended -> Optional.of(ended.attempt());
                };
        return latest.filter(attempt -> attempt.value().equals(value));
    }

    /** While the configuration cannot be read, what was last read counts. */
    private RequestedConfiguration requested(String value, Optional<Attempt> present) {
        RequestedConfiguration read = RequestedConfiguration.of(value, configurations);
        return read instanceof RequestedConfiguration.Unread
                ? present.map(Attempt::requested).orElse(read)
                : read;
    }

    private boolean isToBeLookedAtAgain(Phase.Ended ended) {
        return ended.state() == State.SUCCESS
                && !clock.instant().isBefore(ended.at().plus(LOOK_AGAIN));
    }

    private void begin(String value, RequestedConfiguration requested, int failures) {
        phase = new Phase.UnderWay(new Attempt(value, requested, clock.instant(), failures));
        restart.forget();
    }

    private Phase advanced(Attempt attempt) {
        try {
            return switch (attempt.requested()) {
                case RequestedConfiguration.Known(List<MigSpecEntry> entries) -> towards(attempt, entries);
                case RequestedConfiguration.Nothing(String problem) -> failed(attempt, problem);
                case RequestedConfiguration.Unread(String why) -> unread(attempt, why);
            };
        } catch (UnreachableException e) {
            return waits(attempt, "a failed step to succeed: " + e.getMessage(), WaitReason.ANSWERS);
        } catch (RuntimeException | Error e) {
            // An attempt that stops in the middle has to end as well, or clients stay paused.
            return failed(attempt, RequestedConfiguration.unforeseen(e));
        }
    }

    /** Without NVIDIA's specification of the new instances, there is no success: clients would not get them. */
    private Phase withSpecification(Phase reached) throws UnreachableException {
        return reached instanceof Phase.Ended ended
                ? specification.renew().map(ended::butFailed).orElse(ended)
                : reached;
    }

    private Phase unread(Attempt attempt, String why) throws UnreachableException {
        if (clock.instant().isBefore(attempt.begun().plus(FIRST_READING))) {
            trouble("MigConfigDelayed", why);
            return new Phase.UnderWay(attempt);
        }
        change.pending(attempt.value());
        return waits(attempt, "its configuration: " + why, WaitReason.ANSWERS);
    }

    private Phase towards(Attempt attempt, List<MigSpecEntry> entries) throws UnreachableException {
        try {
            return switch (change.towards(attempt.value(), new Target.Layout(entries))) {
                case StepResult.Done done -> attempt.ended(State.SUCCESS, done.note(), clock.instant());
                case StepResult.Waits(String whom, WaitReason reason) -> waits(attempt, whom, reason);
                case StepResult.Failed(String reason) -> failed(attempt, reason);
            };
        } catch (GpuException e) {
            return failed(attempt, String.valueOf(e.getMessage()));
        }
    }

    private Phase failed(Attempt attempt, String reason) {
        String back = change.takeBack().map(what -> "; " + what).orElse("");
        return attempt.ended(State.FAILED, reason + back, clock.instant());
    }

    private Phase waits(Attempt attempt, String whom, WaitReason reason) {
        Duration limit = patience.with(reason);
        if (attempt.times().waiting(reason, clock.instant()).compareTo(limit) >= 0) {
            return failed(attempt, "timed out after %s waiting for %s".formatted(limit, whom));
        }
        trouble("MigConfigWaits", about(attempt, "waiting for " + whom));
        return new Phase.UnderWay(attempt);
    }

    /** Reports the end, and begins the next attempt if it is time for one. */
    private Duration rest(Phase.Ended ended) throws UnreachableException {
        tell(ended);
        gpus.open(lookedAt);
        if (ended.state() == State.SUCCESS) {
            return IDLE;
        }
        Attempt attempt = ended.attempt();
        int failures = attempt.failures() + 1;
        Duration left = Duration.between(clock.instant(), ended.at().plus(patience.beforeRetry(failures)));
        if (left.isPositive()) {
            return journal.load().aside().isAnything() && left.compareTo(IDLE) > 0 ? IDLE : left;
        }
        begin(attempt.value(), attempt.requested(), failures);
        return Duration.ZERO;
    }

    /** Reports the end. The same write brings the clients back; both are retried until they succeed. */
    private void tell(Phase.Ended ended) throws UnreachableException {
        if (ended.told()) {
            pause.settle();
            return;
        }
        Attempt attempt = ended.attempt();
        Optional<String> missing = pause.end(Optional.of(ended.state()));
        phase = ended.asTold();
        if (ended.state() == State.SUCCESS) {
            journal.save(journal.load().unlessOver());
            if (!ended.note().isEmpty()) {
                lastTrouble.clear();
                notices.progress("MigConfigApplied", about(attempt, ended.note()));
            }
        } else {
            Duration before = patience.beforeRetry(attempt.failures() + 1);
            trouble("MigConfigFailed", about(attempt, "%s; retrying after %s".formatted(ended.note(), before)));
        }
        missing.ifPresent(what -> trouble("MigConfigClientsMissing", what));
    }

    private static String about(Attempt attempt, String what) {
        return "%s=%s: %s".formatted(MigConfigLabels.CONFIG, attempt.value(), what);
    }

    private void trouble(String reason, String note) {
        if (lastTrouble.changesTo(reason + note)) {
            notices.trouble(reason, note);
        }
    }
}
