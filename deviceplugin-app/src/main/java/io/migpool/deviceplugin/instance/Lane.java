package io.migpool.deviceplugin.instance;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Where all tasks of one GPU happen, one after another and in the order in which they came. */
interface Lane extends AutoCloseable {

    /** Asks for a task; the future fails with what the task throws, or if too many wait, and is cancelled once the lane is closed. */
    <T> CompletableFuture<T> submit(Callable<T> task);

    /** Tasks that wait. */
    int queued();

    /** Lets the task under way end; nothing new is begun, and what waits is cancelled. */
    @Override
    void close();
}
