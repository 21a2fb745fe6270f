package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.NodeLabels;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Target;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.migmanager.MigConfigLabels.State;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
 * later value replaces one under way, and so does the present one when what it requests has changed. After a restart
 * the present value is taken up again; what has to be undone is recorded. Used by one thread.
 */
public final class MigConfigProtocol {

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofMinutes(1);
    /** A layout that is in place is not read again more often. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    /** For this long, an unread configuration does not make the node pending: after a start, ConfigMaps take a moment. */
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

    /**
     * An attempt at one value.
     *
     * @param value the label's value
     * @param requested what the value meant when the attempt began
     * @param begun when this attempt began
     * @param times how long it has waited
     * @param failures the number of failed attempts before
     */
    private record Attempt(
            String value, RequestedConfiguration requested, Instant begun, WaitingTimes times, int failures) {}

    /**
     * How an attempt ended.
     *
     * @param state the state to report
     * @param note what to report to people; empty if nothing happened that they should know
     * @param at when
     */
    private record End(State state, String note, Instant at) {}

    private static final Attempt NONE =
            new Attempt("", new RequestedConfiguration.Nothing(""), Instant.MIN, new WaitingTimes(Instant.MIN), 0);

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

    private Attempt attempt = NONE;
    /** Set once the attempt has ended, until the next begins. */
    private @Nullable End end;
    /** The GPUs that followed the label when the attempt was advanced last. */
    private Set<String> lookedAt = Set.of();

    private boolean endTold;
    private String lastTold = "";
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
        attempt = NONE;
        end = null;
        endTold = false;
    }

    private Duration follow(String value) throws UnreachableException {
        boolean isNew = !value.equals(attempt.value());
        RequestedConfiguration read = RequestedConfiguration.of(value, configurations);
        // While the configuration cannot be read, what was last read counts.
        RequestedConfiguration requested =
                !isNew && read instanceof RequestedConfiguration.Unread ? attempt.requested() : read;
        if (isNew || !requested.equals(attempt.requested())) {
            begin(value, requested, 0);
        }
        // Before the look: a GPU that comes during it may have been missed.
        Set<String> present = gpus.free();
        End ended = end;
        if (ended != null && (!present.equals(lookedAt) || isToBeLookedAtAgain(ended))) {
            begin(value, requested, 0);
            ended = null;
        }
        if (ended == null) {
            lookedAt = present;
            End reached = advance();
            ended = reached == null ? null : withSpecification(reached);
            end = ended;
        }
        if (ended == null) {
            return POLL;
        }
        tellEnd(ended);
        gpus.open(lookedAt);
        if (ended.state() == State.SUCCESS) {
            return IDLE;
        }
        int failures = attempt.failures() + 1;
        Duration left = Duration.between(clock.instant(), ended.at().plus(patience.beforeRetry(failures)));
        if (left.isPositive()) {
            return journal.load().aside().isAnything() && left.compareTo(IDLE) > 0 ? IDLE : left;
        }
        begin(value, requested, failures);
        return Duration.ZERO;
    }

    private boolean isToBeLookedAtAgain(End ended) {
        return ended.state() == State.SUCCESS
                && !clock.instant().isBefore(ended.at().plus(LOOK_AGAIN));
    }

    private void begin(String value, RequestedConfiguration requested, int failures) {
        Instant now = clock.instant();
        attempt = new Attempt(value, requested, now, new WaitingTimes(now), failures);
        restart.forget();
        end = null;
        endTold = false;
    }

    /** Advances the attempt; returns its end, or null while it goes on. */
    private @Nullable End advance() {
        try {
            return switch (attempt.requested()) {
                case RequestedConfiguration.Known(List<MigSpecEntry> entries) -> towards(entries);
                case RequestedConfiguration.Nothing(String problem) -> failed(problem);
                case RequestedConfiguration.Unread(String why) -> unread(why);
            };
        } catch (UnreachableException e) {
            return waits("a failed step to succeed: " + e.getMessage(), WaitReason.ANSWERS);
        } catch (RuntimeException | Error e) {
            // An attempt that stops in the middle has to end as well, or clients stay paused.
            return failed(RequestedConfiguration.unforeseen(e));
        }
    }

    /** Without NVIDIA's specification of the new instances, there is no success: clients would not get them. */
    private End withSpecification(End ended) throws UnreachableException {
        Optional<String> stale = specification.renew();
        String before = ended.note().isEmpty() ? "" : ended.note() + "; ";
        return stale.isEmpty() ? ended : new End(State.FAILED, before + stale.get(), ended.at());
    }

    private @Nullable End unread(String why) throws UnreachableException {
        if (clock.instant().isBefore(attempt.begun().plus(FIRST_READING))) {
            trouble("MigConfigDelayed", why);
            return null;
        }
        change.pending(attempt.value());
        return waits("its configuration: " + why, WaitReason.ANSWERS);
    }

    private @Nullable End towards(List<MigSpecEntry> entries) throws UnreachableException {
        try {
            return switch (change.towards(attempt.value(), new Target.Layout(entries))) {
                case StepResult.Done done -> new End(State.SUCCESS, done.note(), clock.instant());
                case StepResult.Waits(String whom, WaitReason what) -> waits(whom, what);
                case StepResult.Failed(String reason) -> failed(reason);
            };
        } catch (GpuException e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    private End failed(String reason) {
        String back = change.takeBack().map(what -> "; " + what).orElse("");
        return new End(State.FAILED, reason + back, clock.instant());
    }

    private @Nullable End waits(String whom, WaitReason what) {
        Duration limit = patience.with(what);
        if (attempt.times().waiting(what, clock.instant()).compareTo(limit) >= 0) {
            return failed("timed out after %s waiting for %s".formatted(limit, whom));
        }
        trouble("MigConfigWaits", about("waiting for " + whom));
        return null;
    }

    /** Reports the end. The same write brings the clients back; both are retried until they succeed. */
    private void tellEnd(End ended) throws UnreachableException {
        if (endTold) {
            pause.settle();
            return;
        }
        Optional<String> missing = pause.end(Optional.of(ended.state()));
        endTold = true;
        if (ended.state() == State.SUCCESS) {
            journal.save(journal.load().unlessOver());
            if (!ended.note().isEmpty()) {
                lastTold = "";
                notices.progress("MigConfigApplied", about(ended.note()));
            }
        } else {
            Duration pause = patience.beforeRetry(attempt.failures() + 1);
            trouble("MigConfigFailed", about("%s; retrying after %s".formatted(ended.note(), pause)));
        }
        missing.ifPresent(what -> trouble("MigConfigClientsMissing", what));
    }

    private String about(String what) {
        return "%s=%s: %s".formatted(MigConfigLabels.CONFIG, attempt.value(), what);
    }

    private void trouble(String reason, String note) {
        if (!lastTold.equals(reason + note)) {
            lastTold = reason + note;
            notices.trouble(reason, note);
        }
    }
}
