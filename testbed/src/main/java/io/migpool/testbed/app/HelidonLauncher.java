package io.migpool.testbed.app;

import io.helidon.metrics.spi.MetricsProgrammaticConfig;
import io.helidon.microprofile.cdi.HelidonContainer;
import io.helidon.microprofile.server.ServerCdiExtension;
import jakarta.enterprise.inject.se.SeContainer;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;

/**
 * Starts the application that this class loader sees. Found through {@link java.util.ServiceLoader} from outside; only JDK
 * types cross the border.
 */
public final class HelidonLauncher implements Callable<Object> {

    /** For the service loader. */
    public HelidonLauncher() {}

    @Override
    public Object call() {
        // Whoever comes first looks for its parts with the class loader of its thread; that must not be a pool thread
        // of the JVM.
        MetricsProgrammaticConfig.instance();
        SeContainer container = HelidonContainer.instance().start();
        return new Running(container, container.getBeanManager().getExtension(ServerCdiExtension.class));
    }

    /** The running application: asked for the port of a socket by name, closed to stop it. */
    private record Running(SeContainer container, ServerCdiExtension sockets)
            implements AutoCloseable, ToIntFunction<String> {

        @Override
        public int applyAsInt(String socket) {
            return socket.equals(EmbeddedApp.DEFAULT_SOCKET) ? sockets.port() : sockets.port(socket);
        }

        @Override
        public void close() {
            container.close();
        }
    }
}
