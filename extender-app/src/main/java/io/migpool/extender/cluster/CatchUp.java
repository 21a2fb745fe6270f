package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Makes sure that a decision counts what another replica has bound. Watches lag behind; a replica whose scheduler has just
 * become the leader must not decide before it has seen every Binding of the one before it.
 *
 * <p>A replica learns of its turn only by being asked. So the first request ever, and the first after a silence, looks at
 * the scheduler's lease; unless that shows that nobody else led meanwhile, all bound pods are listed first. Requests that
 * follow each other closely cost nothing: no other replica can have had its turn between them.
 */
public final class CatchUp {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    private final ConsistentReads reads;
    private final Consumer<Pod> taker;
    private final Duration silence;
    private final LongSupplier nanoTime;

    /** Lets one request read while others wait for it; a lock that waiting virtual threads may hold during I/O. */
    private final ReentrantLock reading = new ReentrantLock();

    private volatile State state = new State(false, 0, Optional.empty());

    private record State(boolean current, long lastRequest, Optional<String> leader) {}

    /**
     * @param reads the API server
     * @param taker takes the pods that are read, before the request goes on
     * @param silence shorter than the time in which another replica can become the leader
     * @param nanoTime a clock that never goes back, in nanoseconds
     */
    public CatchUp(ConsistentReads reads, Consumer<Pod> taker, Duration silence, LongSupplier nanoTime) {
        this.reads = reads;
        this.taker = taker;
        this.silence = silence;
        this.nanoTime = nanoTime;
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
                return Optional.of("the extender still reads what other replicas have bound");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("the extender is stopping");
        }
        try {
            return isCurrent() ? Optional.empty() : read();
        } finally {
            reading.unlock();
        }
    }

    private boolean isCurrent() {
        State known = state;
        long now = nanoTime.getAsLong();
        if (!known.current || now - known.lastRequest >= silence.toNanos()) {
            return false;
        }
        state = new State(true, now, known.leader);
        return true;
    }

    private Optional<String> read() {
        State known = state;
        // Before the list: who takes over while it is read is noticed the next time.
        Optional<String> leader = reads.leader();
        boolean nobodyElse = known.current && leader.isPresent() && leader.equals(known.leader);
        if (!nobodyElse) {
            Optional<String> failure = reads.boundPods(taker);
            if (failure.isPresent()) {
                return failure;
            }
        }
        state = new State(true, nanoTime.getAsLong(), leader);
        return Optional.empty();
    }
}
