package io.migpool.testbed.app;

import io.helidon.microprofile.server.Server;
import io.helidon.microprofile.server.ServerCdiExtension;
import jakarta.enterprise.inject.spi.CDI;
import java.util.concurrent.Callable;

/**
 * Starts the application that this class loader sees. Found through {@link java.util.ServiceLoader} from outside; only JDK
 * types cross the border.
 */
public final class HelidonLauncher implements Callable<Object> {

    /** For the service loader. */
    public HelidonLauncher() {}

    @Override
    public Object call() {
        Server server = Server.create().start();
        return new Running(server, CDI.current().getBeanManager().getExtension(ServerCdiExtension.class));
    }

    /** The running application: asked for the port of a socket by name, closed to stop it. */
    private record Running(Server server, ServerCdiExtension sockets)
            implements AutoCloseable, java.util.function.ToIntFunction<String> {

        @Override
        public int applyAsInt(String socket) {
            return socket.equals(EmbeddedApp.DEFAULT_SOCKET) ? sockets.port() : sockets.port(socket);
        }

        @Override
        public void close() {
            server.stop();
        }
    }
}
