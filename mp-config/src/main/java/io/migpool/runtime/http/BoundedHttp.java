package io.migpool.runtime.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1Connection;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * HTTP/1.1 on one socket, whose connections give way to new ones: above the bound, each new one closes one that waits
 * for its client, first of all the oldest that has never sent a request, else the one whose last request is the longest
 * ago. So clients that hold connections keep nobody out, and one that sends requests loses its connection last.
 *
 * <p>The server's own bound, {@code max-tcp-connections}, makes new ones wait instead, and never gets back the places
 * of those that fail before their first request.
 */
final class BoundedHttp implements ServerConnectionSelector, Http1ConnectionListener {

    private final Http1ConnectionSelector http;
    private final BoundedHttpConfig config;
    private final LongSupplier nanoTime;

    /** Guards {@link #open}. */
    private final ReentrantLock lock = new ReentrantLock();

    /** In the order of their latest requests; those without one, of their beginnings. */
    private final SequencedMap<ConnectionContext, Connection> open = new LinkedHashMap<>();

    /**
     * Creates the protocol of a socket without connections.
     *
     * @param config the socket's settings
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    BoundedHttp(BoundedHttpConfig config, LongSupplier nanoTime) {
        this.config = config;
        this.nanoTime = nanoTime;
        // The only listener, because Helidon 4.3 tells several of them nothing.
        Http1Config heard = Http1Config.builder(config.http())
                .receiveListeners(List.of(this))
                .build();
        this.http = Http1ConnectionSelector.builder().config(heard).build();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new Connection(context, (Http1Connection) http.connection(context));
    }

    @Override
    public void prologue(ConnectionContext context, HttpPrologue prologue) {
        find(context).ifPresent(Connection::headBegins);
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
        find(context).ifPresent(Connection::headEnds);
    }

    private Optional<Connection> find(ConnectionContext context) {
        lock.lock();
        try {
            return Optional.ofNullable(open.get(context));
        } finally {
            lock.unlock();
        }
    }

    /** Adds a connection, as the latest; returns one that has to make room for it. */
    private Optional<Connection> add(Connection connection) {
        lock.lock();
        try {
            Optional<Connection> leaving = open.size() < config.mostConnections() ? Optional.empty() : firstToLeave();
            leaving.ifPresent(other -> open.remove(other.context));
            open.put(connection.context, connection);
            return leaving;
        } finally {
            lock.unlock();
        }
    }

    /** Returns none if a request is being answered on each. */
    private Optional<Connection> firstToLeave() {
        return open.values().stream()
                .filter(connection -> !connection.used && connection.waits())
                .findFirst()
                .or(() -> open.values().stream().filter(Connection::waits).findFirst());
    }

    private void moveToEnd(Connection connection) {
        lock.lock();
        try {
            if (open.remove(connection.context, connection)) {
                open.put(connection.context, connection);
            }
        } finally {
            lock.unlock();
        }
    }

    private void remove(Connection connection) {
        lock.lock();
        try {
            open.remove(connection.context, connection);
        } finally {
            lock.unlock();
        }
    }

    /**
     * A connection as the server sees it. The server asks regularly how long it has been idle and, if that is too long,
     * closes it. Until a request line is complete, the server knows when that began; the rest of a head is added here.
     */
    private final class Connection implements ServerConnection, InterruptableTask<Void> {

        private final ConnectionContext context;
        private final Http1Connection connection;

        /** Whether it has brought a request. */
        private volatile boolean used;

        private volatile boolean inHeaders;
        private volatile long headersBegan;

        Connection(ConnectionContext context, Http1Connection connection) {
            this.context = context;
            this.connection = connection;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            add(this).ifPresent(other -> other.close(false));
            try {
                connection.handle(limit);
            } finally {
                remove(this);
            }
        }

        void headBegins() {
            headersBegan = nanoTime.getAsLong();
            inHeaders = true;
        }

        void headEnds() {
            inHeaders = false;
            used = true;
            moveToEnd(this);
        }

        /** Whether nothing but the client's next bytes can make it go on. */
        boolean waits() {
            return inHeaders || connection.canInterrupt();
        }

        @Override
        public Duration idleTime() {
            boolean late = inHeaders
                    && nanoTime.getAsLong() - headersBegan
                            > config.headTimeout().toNanos();
            return late ? ChronoUnit.FOREVER.getDuration() : connection.idleTime();
        }

        /** Closes at once while it waits, else after the answer, unless that is to be interrupted. */
        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt || inHeaders);
        }

        @Override
        public boolean canInterrupt() {
            return waits();
        }
    }
}
