package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.cluster.ConsistentReads.Leader;
import io.migpool.extender.cluster.ConsistentReads.Term;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that a decision counts what another replica has bound. Watches lag behind; a replica whose scheduler has just
 * become the leader must not decide before it has seen every Binding of the one before it.
 *
 * <p>A replica learns of its turn only through requests. So the first request ever, and the first after a silence, reads
 * the scheduler's lease; unless that shows that no other process led meanwhile, all bound pods are listed first. Requests that
 * follow each other closely cost nothing: no other replica can have had its turn between them.
 *
 * <p>A scheduler that is terminated releases its lease at once, while its extender may still retry Bindings that it was
 * asked for. So after a change of the leader nothing is decided until those have ended, nor while the lease cannot be read:
 * that is when the API server is slow, and a former leader retries.
 *
 * <p>A scheduler that was frozen while another one led continues what it had begun, until it checks its lease. So after
 * a silence nothing is decided for it while another process keeps up the lease.
 */
public final class LeaderCatchUp {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    /** The wall clock is put forward by at most this without being noticed. */
    private static final Duration LARGEST_STEP = Duration.ofSeconds(1);

    private final ConsistentReads reads;
    private final Consumer<Pod> taker;
    private final Duration silence;
    private final Duration lastBindings;
    private final String host;
    private final LongSupplier nanoTime;
    private final InstantSource wall;

    /** Lets one request read while others wait for it; a lock that virtual threads may hold during I/O. */
    private final ReentrantLock reading = new ReentrantLock();

    private volatile State state;

    /** The turn that was seen last; only used while reading. */
    private @Nullable Seen seen;

    /**
     * @param lastRequest by the clock that never goes back
     * @param lastAt the same by the wall clock
     */
    private record State(boolean current, long lastRequest, Instant lastAt, Optional<Term> leader) {}

    private record Seen(Term term, long first) {}

    /**
     * @param reads the API server
     * @param taker takes the pods that are read, before the request goes on
     * @param silence shorter than the time in which another replica can become the leader
     * @param lastBindings how long after the end of its turn a replica may still bind pods
     * @param host host name of the scheduler in the same pod; empty if it is not known
     * @param nanoTime a clock that never goes back, in nanoseconds
     * @param wall the clock by which the scheduler in the same pod records when its turn began; also shows a silence
     */
    public LeaderCatchUp(
            ConsistentReads reads,
            Consumer<Pod> taker,
            Duration silence,
            Duration lastBindings,
            String host,
            LongSupplier nanoTime,
            InstantSource wall) {
        this.reads = reads;
        this.taker = taker;
        this.silence = silence;
        this.lastBindings = lastBindings;
        this.host = host;
        this.nanoTime = nanoTime;
        this.wall = wall;
        this.state = new State(false, nanoTime.getAsLong(), wall.instant(), Optional.empty());
    }

    /**
     * To be called before every decision that may lead to a Binding. Blocks while the API server is read.
     *
     * @return empty if the view counts every Binding of other replicas, else why that is not known
     */
    public Optional<String> ensure() {
        if (isCurrent()) {
            return Optional.empty();
        }
        try {
            if (!reading.tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                return Optional.of("the extender is still reading what other replicas have bound");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("the extender is stopping");
        }
        try {
            return isCurrent() ? Optional.empty() : read(true);
        } finally {
            reading.unlock();
        }
    }

    private boolean isCurrent() {
        State known = state;
        long now = nanoTime.getAsLong();
        Instant at = wall.instant();
        // Of a machine that was suspended, at most the wall clock shows for how long; where a hypervisor has stopped
        // that clock too, neither does until it is set.
        boolean silent = now - known.lastRequest >= silence.toNanos()
                || Duration.between(known.lastAt, at).compareTo(silence) >= 0;
        if (!known.current || silent) {
            return false;
        }
        state = new State(true, now, at, known.leader);
        return true;
    }

    /** @param again whether to look again who leads, if the pods had to be listed and that has taken long */
    private Optional<String> read(boolean again) {
        // Clocks before lease, lease before list: whoever takes over meanwhile is noticed the next time.
        long now = nanoTime.getAsLong();
        Instant at = wall.instant();
        return switch (reads.leader()) {
            case Leader.Unknown(String why) -> Optional.of(why);
            case Leader.NoLease() -> listWithoutElection();
            case Leader.Elected(Term term, boolean renewed)
            when renewed && isAnothers(term) ->
                Optional.of("the scheduler on %s is not the leader, %s is; nothing is decided"
                        .formatted(host, term.holder()));
            case Leader.Elected(Term term, boolean _) -> read(term, now, at, again);
        };
    }

    /** kube-scheduler's identity is its host name, an underscore and a random suffix. A lease that was released has no holder. */
    private boolean isAnothers(Term term) {
        return !host.isEmpty() && !term.holder().isEmpty() && !term.holder().startsWith(host + "_");
    }

    /** Nobody else can take over while the pods are listed. */
    private Optional<String> listWithoutElection() {
        Optional<String> failure = reads.boundPods(taker);
        if (failure.isEmpty()) {
            state = new State(true, nanoTime.getAsLong(), wall.instant(), Optional.empty());
        }
        return failure;
    }

    private Optional<String> read(Term leader, long now, Instant at, boolean again) {
        State known = state;
        boolean sameLeader = known.current && known.leader.equals(Optional.of(leader));
        Optional<String> failure =
                sameLeader ? Optional.empty() : tooEarly(leader, now, at).or(() -> reads.boundPods(taker));
        if (failure.isPresent()) {
            return failure;
        }
        state = new State(true, now, at, Optional.of(leader));
        return sameLeader || !again || isCurrent() ? Optional.empty() : read(false);
    }

    private Optional<String> tooEarly(Term term, long now, Instant at) {
        if (term.transitions() == 0) {
            return Optional.empty();
        }
        if (seen == null || !seen.term.equals(term)) {
            // Later than the answer: it may have begun since the clocks were read.
            seen = new Seen(term, nanoTime.getAsLong());
        }
        // By the wall clock, a turn that has just been noticed may have begun long ago. A clock that has jumped shows
        // nothing, and delays nothing for long.
        Duration since = term.since()
                .filter(began -> !wasPutForward(now, at))
                .map(began -> Duration.between(began, at))
                .orElse(Duration.ZERO);
        Duration noticed = Duration.ofNanos(now - seen.first);
        return since.compareTo(lastBindings) >= 0 || noticed.compareTo(lastBindings) >= 0
                ? Optional.empty()
                : Optional.of(
                        "the previous leader may still bind pods; nothing is decided until %s after the change of leader"
                                .formatted(lastBindings));
    }

    /** Since the last request that was allowed to decide, or the start. */
    private boolean wasPutForward(long now, Instant at) {
        State known = state;
        Duration step = Duration.between(known.lastAt, at).minusNanos(now - known.lastRequest);
        return step.compareTo(LARGEST_STEP) > 0;
    }
}
