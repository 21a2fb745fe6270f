package io.migpool.extender.observe;

import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ends requests whose client neither sends nor reads on, by closing the connection: the server itself has a time-out for
 * reads, but waits for writes until TCP gives up, a quarter of an hour and more.
 *
 * <p>A virtual thread that is interrupted while it waits for a socket closes it ({@link java.net.Socket}). Work that does
 * not wait, and answers that the client takes without delay, are not affected.
 */
final class AnswerTime implements Filter {

    private final Duration most;
    private final ScheduledThreadPoolExecutor timer;

    /** @param most how long a request may take, from its head to the end of its answer */
    AnswerTime(Duration most) {
        this.most = most;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("answer-time").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Answer answer = new Answer(Thread.currentThread());
        ScheduledFuture<?> late = timer.schedule(answer::interrupt, most.toNanos(), TimeUnit.NANOSECONDS);
        try {
            chain.proceed();
        } finally {
            late.cancel(false);
            answer.end();
        }
    }

    @Override
    public void afterStop() {
        timer.shutdownNow();
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
