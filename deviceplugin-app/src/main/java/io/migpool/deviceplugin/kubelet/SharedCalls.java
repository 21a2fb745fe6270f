package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers share calls that read the present state: one call at a time, and callers that arrive while it runs share
 * the next one, because the result of the running call may be older than their request.
 */
final class SharedCalls<T> {

    /** The call itself. */
    @FunctionalInterface
    interface Call<T> {
        T make() throws IOException;
    }

    /** Guards {@link #next}. */
    private final ReentrantLock joining = new ReentrantLock();
    /** Held by the caller that makes the call; fair, so that the one that opened a round makes it. */
    private final ReentrantLock calling = new ReentrantLock(true);

    private @Nullable CompletableFuture<T> next;

    T share(Call<T> call) throws IOException, InterruptedException {
        CompletableFuture<T> round;
        boolean opened = false;
        joining.lock();
        try {
            if (next == null) {
                next = new CompletableFuture<>();
                opened = true;
            }
            round = next;
        } finally {
            joining.unlock();
        }
        if (opened) {
            make(call, round);
        }
        try {
            return round.get();
        } catch (ExecutionException e) {
            throw new IOException("the shared call failed: " + e.getCause(), e);
        }
    }

    private void make(Call<T> call, CompletableFuture<T> round) {
        calling.lock();
        try {
            closeRound();
            round.complete(call.make());
        } catch (IOException | RuntimeException | Error e) {
            // Whoever shares it waits without a limit.
            round.completeExceptionally(e);
        } finally {
            calling.unlock();
        }
    }

    /** Makes later callers open another round. */
    private void closeRound() {
        joining.lock();
        try {
            next = null;
        } finally {
            joining.unlock();
        }
    }
}
