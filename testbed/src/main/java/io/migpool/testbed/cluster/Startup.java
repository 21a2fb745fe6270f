package io.migpool.testbed.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Starts applications in parallel, as many at once as there are processors. Closing waits for those in progress. */
final class Startup implements AutoCloseable {

    private final ExecutorService starters =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private final List<Started<?>> begun = new ArrayList<>();

    /**
     * Something that is being started.
     *
     * @param future its outcome
     */
    record Started<T>(Future<T> future) {

        /**
         * Waits for the start.
         *
         * @throws IOException if it could not be started
         */
        T await() throws IOException, InterruptedException {
            try {
                return future.get();
            } catch (ExecutionException e) {
                throw new IOException("an application did not start: " + e.getMessage(), e);
            }
        }
    }

    <T> Started<T> begin(Callable<T> start) {
        Started<T> started = new Started<>(starters.submit(start));
        begun.add(started);
        return started;
    }

    /**
     * Waits for all starts.
     *
     * @throws IOException the failure of the first that could not be started
     */
    void awaitAll() throws IOException, InterruptedException {
        for (Started<?> started : begun) {
            var _ = started.await();
        }
    }

    @Override
    public void close() {
        starters.close();
    }
}
