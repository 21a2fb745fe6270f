package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Raises a signal whenever a file in a directory is created or removed. If watching fails, the periodic check has to
 * suffice.
 */
final class SocketWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(SocketWatch.class.getName());

    private final Path directory;
    private final @Nullable WatchService service;

    private SocketWatch(Path directory, @Nullable WatchService service) {
        this.directory = directory;
        this.service = service;
    }

    static SocketWatch of(Path directory, Signal signal) {
        return of(directory, signal, Thread.ofVirtual().name("socket-watch").factory());
    }

    /** Watches on a thread of this factory. */
    static SocketWatch of(Path directory, Signal signal, ThreadFactory threads) {
        SocketWatch unwatched = new SocketWatch(directory, null);
        SocketWatch begun = unwatched;
        boolean watching = false;
        try {
            WatchService service = directory.getFileSystem().newWatchService();
            begun = new SocketWatch(directory, service);
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            threads.newThread(() -> watch(service, signal)).start();
            watching = true;
        } catch (IOException | RuntimeException | Error e) {
            // Making a service starts a thread, and the machine may be out of them.
            LOG.log(Level.WARNING, "cannot watch " + directory + "; it is checked every second", e);
        } finally {
            if (!watching) {
                begun.close();
            }
        }
        return watching ? begun : unwatched;
    }

    private static void watch(WatchService service, Signal signal) {
        try {
            boolean valid = true;
            while (valid) {
                WatchKey key = service.take();
                key.pollEvents();
                signal.raise();
                valid = key.reset();
            }
        } catch (ClosedWatchServiceException closed) {
            LOG.log(Level.DEBUG, "the watch was closed", closed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (service != null) {
            try {
                service.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "closing the watch failed", e);
            }
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
