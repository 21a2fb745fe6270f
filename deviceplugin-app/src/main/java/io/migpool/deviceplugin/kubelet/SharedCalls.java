package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers share calls that answer "what is true now": one call at a time, and whoever comes while it runs shares the next
 * one, since the answer under way may be older than the question.
 */
final class SharedCalls<T> {

    /** The call itself. */
    @FunctionalInterface
    interface Call<T> {
        T make() throws IOException;
    }

    /** Guards {@link #next}. */
    private final ReentrantLock joining = new ReentrantLock();
    /** Held by the caller who makes the call; fair, so that the one who opened a round is the one who makes it. */
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
        } catch (IOException | RuntimeException e) {
            round.completeExceptionally(e);
        } finally {
            calling.unlock();
        }
    }

    /** From here on callers open another round. */
    private void closeRound() {
        joining.lock();
        try {
            next = null;
        } finally {
            joining.unlock();
        }
    }
}
