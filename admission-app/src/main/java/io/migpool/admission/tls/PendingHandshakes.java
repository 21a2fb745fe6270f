package io.migpool.admission.tls;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLSocket;

/**
 * Bounds the handshakes that wait for their clients, in time and number: one that takes too long is closed, and so is
 * the oldest when there are too many, so that new ones are never kept out. To be used by the thread that accepts
 * connections, alone; nothing here may hold it up, or throw.
 */
final class PendingHandshakes {

    private static final Logger LOG = System.getLogger(PendingHandshakes.class.getName());

    private static final int AT_ONCE_MS = 1;

    private record Pending(SSLSocket socket, long sinceNanos) {

        /**
         * Whether the handshake is over. The application protocol is decided, if only on none, during the handshake,
         * whose session there is until the end; unlike {@link SSLSocket#getSession}, the two do not wait.
         */
        boolean isOver() {
            try {
                return socket.isClosed()
                        || (socket.getApplicationProtocol() != null && socket.getHandshakeSession() == null);
            } catch (NullPointerException e) {
                // The JDK reads the handshake's state twice, and its end may come between.
                return true;
            }
        }
    }

    private final HandshakeBounds bounds;
    private final LongSupplier nanoTime;

    /** Oldest first; some are over. */
    private final Queue<Pending> pending = new ArrayDeque<>();

    /**
     * Creates an empty set.
     *
     * @param bounds how many and how long
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    PendingHandshakes(HandshakeBounds bounds, LongSupplier nanoTime) {
        this.bounds = bounds;
        this.nanoTime = nanoTime;
    }

    /** Adds a connection that has just been accepted. */
    void add(SSLSocket socket) {
        if (pending.size() >= bounds.most()) {
            closeUnlessOver(pending.remove());
        }
        pending.add(new Pending(socket, nanoTime.getAsLong()));
    }

    /** Closes those that are late. */
    void closeLate() {
        long now = nanoTime.getAsLong();
        for (Pending oldest = pending.peek(); oldest != null; oldest = pending.peek()) {
            boolean late = now - oldest.sinceNanos() > bounds.timeout().toNanos();
            if (!late && !oldest.isOver()) {
                return;
            }
            closeUnlessOver(pending.remove());
        }
    }

    /**
     * Closes a connection unless it is in use. In a thread of its own: closing waits for what the connection's thread
     * sends, and that for the client.
     */
    private static void closeUnlessOver(Pending handshake) {
        if (!handshake.isOver()) {
            Thread.ofVirtual().name("late-handshake").start(() -> close(handshake.socket()));
        }
    }

    private static void close(SSLSocket socket) {
        try {
            // Closing also reads, if something arrives meanwhile.
            socket.setSoTimeout(AT_ONCE_MS);
            socket.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a connection without a handshake", e);
        }
    }
}
