package io.migpool.deviceplugin.instance;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Runs all tasks of one GPU, one after another and in order of arrival. */
interface SerialExecutor extends AutoCloseable {

    /**
     * Submits a task; the future fails with the task's exception, or if too many are waiting, and is cancelled once the
     * executor is closed.
     */
    <T> CompletableFuture<T> submit(Callable<T> task);

    /** Returns the number of waiting tasks. */
    int queued();

    /** Lets the task in progress end, starts no other, and cancels those that wait. */
    @Override
    void close();
}
