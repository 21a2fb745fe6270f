package io.migpool.testbed.app;

import io.helidon.metrics.spi.MetricsProgrammaticConfig;
import io.helidon.microprofile.cdi.HelidonContainer;
import io.helidon.microprofile.server.ServerCdiExtension;
import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryManager;
import jakarta.enterprise.inject.se.SeContainer;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;

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
        ServiceRegistryManager services = ServiceRegistryManager.create();
        GlobalServiceRegistry.registry(services.registry());
        SeContainer container = HelidonContainer.instance().start();
        return new Running(container, services, container.getBeanManager().getExtension(ServerCdiExtension.class));
    }

    /** The running application: asked for the port of a socket by name, closed to stop it. */
    private record Running(SeContainer container, ServiceRegistryManager services, ServerCdiExtension sockets)
            implements AutoCloseable, ToIntFunction<String> {

        @Override
        public int applyAsInt(String socket) {
            return socket.equals(EmbeddedApp.DEFAULT_SOCKET) ? sockets.port() : sockets.port(socket);
        }

        /** Every container leaves a handler with the JVM's loggers, which waits for its end and would keep its beans. */
        private static void forgetHandlers() {
            Logger root = Logger.getLogger("");
            ClassLoader own = HelidonLauncher.class.getClassLoader();
            Stream.of(root.getHandlers())
                    .filter(handler -> own.equals(handler.getClass().getClassLoader()))
                    .forEach(root::removeHandler);
        }

        /** Leaves nothing of this life to the next one in this class loader. */
        @Override
        public void close() {
            container.close();
            services.shutdown();
            ConfigProviderResolver.instance().releaseConfig(ConfigProvider.getConfig());
            forgetHandlers();
        }
    }
}
