package io.migpool.deviceplugin.geometry;

import io.migpool.deviceplugin.geometry.MigConfigLabels.State;
import io.migpool.deviceplugin.gpu.GpuException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Follows the label {@code nvidia.com/mig.config} and answers with {@code nvidia.com/mig.config.state}:
 *
 * <pre>
 *  new value ── as it is? ───────────────────────────────▶ success
 *      │ └───── cannot be ───────────────────────────────▶ failed ─┐
 *      ▼                                                     ▲     │ after a growing pause
 *   pending, clients paused ── clients gone? apply ──▶ success│     │
 *      ▲   │  waits for users of instances, at most a while ─┘     │
 *      │   └── a later value starts anew                           │
 *      └────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * Clients come back with the same write that tells success or failure. Every pause has an end, so nothing stays pending. The
 * labels are the only memory: after a restart the present value is taken up again.
 *
 * <p>Stepped by one thread, which owns it.
 */
public final class MigConfigProtocol {

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofMinutes(1);

    /**
     * How long it has patience.
     *
     * @param clients for paused clients to be gone
     * @param users for users of instances that have to go, from the beginning of the attempt
     * @param firstRetry after the first failure; doubled with each further one
     * @param longestRetry between attempts
     */
    public record Patience(Duration clients, Duration users, Duration firstRetry, Duration longestRetry) {

        /** As people expect it of the MIG Manager. */
        public static final Patience USUAL = new Patience(
                Duration.ofMinutes(5), Duration.ofMinutes(10), Duration.ofSeconds(30), Duration.ofMinutes(10));

        Duration beforeRetry(int failures) {
            Duration pause = firstRetry;
            for (int i = 1; i < failures && pause.compareTo(longestRetry) < 0; i++) {
                pause = pause.multipliedBy(2);
            }
            return pause.compareTo(longestRetry) < 0 ? pause : longestRetry;
        }
    }

    /**
     * Work on one value.
     *
     * @param value of the label
     * @param begun when this attempt began
     * @param failures of attempts before
     */
    private record Attempt(String value, Instant begun, int failures) {}

    /**
     * How an attempt ended.
     *
     * @param state to be told
     * @param reason of a failure, else empty
     * @param at when
     */
    private record End(State state, String reason, Instant at) {}

    private final NodeLabels labels;
    private final GpuClients clients;
    private final ConfigurationSource configurations;
    private final Geometry geometry;
    private final BiConsumer<String, String> tell;
    private final InstantSource clock;
    private final Patience patience;

    private Attempt attempt;
    /** Set once the attempt has ended, until the next begins. */
    private @Nullable End end;

    private boolean endTold;
    private String lastTold = "";
    /** The labels as watched, with what was written since: the watch lags behind our own writes. */
    private Map<String, String> known = new TreeMap<>();

    /**
     * @param tell told reason and note of what people should know, as for Events
     */
    public MigConfigProtocol(
            NodeLabels labels,
            GpuClients clients,
            ConfigurationSource configurations,
            Geometry geometry,
            BiConsumer<String, String> tell,
            InstantSource clock,
            Patience patience) {
        this.labels = labels;
        this.clients = clients;
        this.configurations = configurations;
        this.geometry = geometry;
        this.tell = tell;
        this.clock = clock;
        this.patience = patience;
        this.attempt = new Attempt("", clock.instant(), 0);
        this.end = null;
    }

    /**
     * Does what can be done now; blocks for driver calls and writes. To be called again when labels change, and
     *
     * @return at the latest after this time
     */
    public Duration step() {
        Optional<Map<String, String>> watched = labels.current();
        if (watched.isEmpty()) {
            return POLL;
        }
        known = new TreeMap<>(watched.get());
        String value = known.getOrDefault(MigConfigLabels.CONFIG, "");
        try {
            return value.isBlank() ? withoutValue() : follow(value);
        } catch (UnreachableException e) {
            say("MigConfigDelayed", String.valueOf(e.getMessage()));
            return POLL;
        }
    }

    private Duration withoutValue() throws UnreachableException {
        attempt = new Attempt("", clock.instant(), 0);
        end = null;
        endTold = false;
        comeBack(Map.of());
        return IDLE;
    }

    private Duration follow(String value) throws UnreachableException {
        if (!value.equals(attempt.value())) {
            begin(value, 0);
        }
        End ended = end;
        if (ended == null) {
            ended = work();
            end = ended;
        }
        if (ended == null) {
            return POLL;
        }
        tellEnd(ended);
        if (ended.state() == State.SUCCESS) {
            return IDLE;
        }
        int failures = attempt.failures() + 1;
        Duration left = Duration.between(clock.instant(), ended.at().plus(patience.beforeRetry(failures)));
        if (left.isPositive()) {
            return left;
        }
        begin(value, failures);
        return Duration.ZERO;
    }

    private void begin(String value, int failures) {
        attempt = new Attempt(value, clock.instant(), failures);
        end = null;
        endTold = false;
    }

    /** The end, or null while it goes on. */
    private @Nullable End work() throws UnreachableException {
        try {
            List<MigSpecEntry> wanted = configurations.current().config(attempt.value());
            Outcome first = geometry.check(wanted);
            if (first instanceof Outcome.Applied(List<String> changes) && changes.isEmpty()) {
                return new End(State.SUCCESS, "", clock.instant());
            }
            if (first instanceof Outcome.Refused(List<String> reasons)) {
                return failed(String.join("; ", reasons));
            }
            stepAside();
            List<String> present = clients.present();
            if (!present.isEmpty()) {
                return waitFor("GPU clients to end: " + present, patience.clients());
            }
            return switch (geometry.apply(wanted)) {
                case Outcome.Applied _ -> new End(State.SUCCESS, "", clock.instant());
                case Outcome.Waiting(List<String> reasons) -> waitFor(String.join("; ", reasons), patience.users());
                case Outcome.Refused(List<String> reasons) -> failed(String.join("; ", reasons));
                case Outcome.Failed(String reason, boolean restored) ->
                    failed(reason + (restored ? "; the former layout is back" : "; the former layout is not back"));
            };
        } catch (MigSpecException | GpuException e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    private End failed(String reason) {
        return new End(State.FAILED, reason, clock.instant());
    }

    private @Nullable End waitFor(String whom, Duration limit) {
        if (Duration.between(attempt.begun(), clock.instant()).compareTo(limit) >= 0) {
            return failed("waited %s in vain for %s".formatted(limit, whom));
        }
        say("MigConfigWaits", "%s=%s waits for %s".formatted(MigConfigLabels.CONFIG, attempt.value(), whom));
        return null;
    }

    private void stepAside() throws UnreachableException {
        Map<String, String> changes = new TreeMap<>(MigConfigLabels.pausing(known));
        putIfNew(changes, State.PENDING);
        write(changes);
        clients.stopServices();
    }

    private void tellEnd(End ended) throws UnreachableException {
        Map<String, String> state = new TreeMap<>();
        if (!endTold) {
            putIfNew(state, ended.state());
        }
        comeBack(state);
        if (!endTold && ended.state() == State.FAILED) {
            say("MigConfigFailed", "%s=%s: %s".formatted(MigConfigLabels.CONFIG, attempt.value(), ended.reason()));
        }
        endTold = true;
    }

    private void comeBack(Map<String, String> state) throws UnreachableException {
        if (!endTold) {
            clients.startServices();
        }
        Map<String, String> changes = new TreeMap<>(MigConfigLabels.restoring(known));
        changes.putAll(state);
        write(changes);
    }

    private void putIfNew(Map<String, String> changes, State state) {
        if (!state.label().equals(known.get(MigConfigLabels.STATE))) {
            changes.put(MigConfigLabels.STATE, state.label());
        }
    }

    private void write(Map<String, String> changes) throws UnreachableException {
        if (!changes.isEmpty()) {
            labels.patch(changes);
            known.putAll(changes);
        }
    }

    private void say(String reason, String note) {
        if (!lastTold.equals(reason + note)) {
            lastTold = reason + note;
            tell.accept(reason, note);
        }
    }
}
