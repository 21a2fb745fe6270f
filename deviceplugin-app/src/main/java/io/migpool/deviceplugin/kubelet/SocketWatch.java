package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
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
        try {
            WatchService service = directory.getFileSystem().newWatchService();
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            Thread.ofVirtual().name("socket-watch").start(() -> watch(service, signal));
            return new SocketWatch(directory, service);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot watch " + directory + "; it is checked every second", e);
            return new SocketWatch(directory, null);
        }
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
