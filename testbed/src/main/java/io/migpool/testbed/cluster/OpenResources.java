package io.migpool.testbed.cluster;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Resources to close, last opened first. A failure to close one does not keep the others open. */
final class OpenResources {

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T closeable) {
        open.push(closeable);
        return closeable;
    }

    /** Closes everything because of a failure, to which further failures are added as suppressed. */
    void closeAfter(Exception failure) {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    void close() throws IOException {
        IOException failure = new IOException("the cluster did not stop in order");
        closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }
}
