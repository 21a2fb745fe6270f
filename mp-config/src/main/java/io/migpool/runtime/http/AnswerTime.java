package io.migpool.runtime.http;

import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ends requests whose client neither sends nor reads on, by closing the connection: the server itself waits for reads
 * as long as the client stays, and for writes until TCP gives up, a quarter of an hour and more. When many requests are
 * in progress, the oldest ends early: clients that hold requests cannot keep others out, because whoever comes next
 * takes the place of one of theirs.
 *
 * <p>A virtual thread that is interrupted while it waits for a socket closes it ({@link java.net.Socket}). Work that
 * does not wait, and answers that the client takes without delay, are not affected. A head that is never completed is
 * not seen here; {@link BoundedHttp} ends those.
 */
public final class AnswerTime implements Filter {

    private final Duration most;
    private final int places;
    private final ScheduledThreadPoolExecutor timer;

    /** Guards {@link #inProgress}. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Oldest first. */
    private final SequencedSet<Answer> inProgress = new LinkedHashSet<>();

    /**
     * Creates a filter, to be added before those that read or answer.
     *
     * @param most how long a request may take, from its head to the end of its body and its answer
     * @param places how many requests may be in progress before the oldest ends early; fewer than the server's own
     *     limit, if that has one
     */
    public AnswerTime(Duration most, int places) {
        if (!most.isPositive() || places < 1) {
            throw new IllegalArgumentException("a time of %s and %d places serve nobody".formatted(most, places));
        }
        this.most = most;
        this.places = places;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("answer-time").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Answer answer = new Answer(Thread.currentThread());
        ScheduledFuture<?> late = timer.schedule(answer::interrupt, most.toNanos(), TimeUnit.NANOSECONDS);
        begin(answer).ifPresent(Answer::interrupt);
        try {
            chain.proceed();
            // Otherwise the server does, after its filters, for as long as the client likes.
            if (!request.content().consumed()) {
                request.content().consume();
            }
        } finally {
            late.cancel(false);
            end(answer);
        }
    }

    @Override
    public void afterStop() {
        timer.shutdownNow();
    }

    /** Returns an older answer that has to make room. */
    private Optional<Answer> begin(Answer answer) {
        lock.lock();
        try {
            Optional<Answer> oldest =
                    inProgress.size() < places ? Optional.empty() : Optional.of(inProgress.removeFirst());
            inProgress.add(answer);
            return oldest;
        } finally {
            lock.unlock();
        }
    }

    private void end(Answer answer) {
        lock.lock();
        try {
            inProgress.remove(answer);
        } finally {
            lock.unlock();
        }
        answer.end();
    }

    /** An answer in progress; interrupts its thread only while that works on it. */
    private static final class Answer {

        private final Thread thread;

        /** Guards {@link #ended} and {@link #interrupted}. */
        private final ReentrantLock lock = new ReentrantLock();

        private boolean ended;
        private boolean interrupted;

        Answer(Thread thread) {
            this.thread = thread;
        }

        void interrupt() {
            lock.lock();
            try {
                if (!ended) {
                    interrupted = true;
                    thread.interrupt();
                }
            } finally {
                lock.unlock();
            }
        }

        /** To be called by the thread itself. */
        void end() {
            lock.lock();
            try {
                ended = true;
                if (interrupted) {
                    Thread.interrupted();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
