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
 * Starts the application in this class loader. The testbed finds it through {@link java.util.ServiceLoader}; only JDK
 * types cross the boundary.
 */
public final class HelidonLauncher implements Callable<Object> {

    /** For the service loader. */
    public HelidonLauncher() {}

    @Override
    public Object call() {
        // The first caller loads its parts with the context class loader of its thread, which must not be a pool thread
        // of the JVM.
        MetricsProgrammaticConfig.instance();
        ServiceRegistryManager services = ServiceRegistryManager.create();
        GlobalServiceRegistry.registry(services.registry());
        SeContainer container = HelidonContainer.instance().start();
        return new Running(container, services, container.getBeanManager().getExtension(ServerCdiExtension.class));
    }

    /** The running application: returns the port of a socket by name; closing stops it. */
    private record Running(SeContainer container, ServiceRegistryManager services, ServerCdiExtension sockets)
            implements AutoCloseable, ToIntFunction<String> {

        @Override
        public int applyAsInt(String socket) {
            return socket.equals(EmbeddedApp.DEFAULT_SOCKET) ? sockets.port() : sockets.port(socket);
        }

        /**
         * Removes the handler that every container leaves with the JVM's loggers, which would keep its beans reachable.
         */
        private static void forgetHandlers() {
            Logger root = Logger.getLogger("");
            ClassLoader own = HelidonLauncher.class.getClassLoader();
            Stream.of(root.getHandlers())
                    .filter(handler -> own.equals(handler.getClass().getClassLoader()))
                    .forEach(root::removeHandler);
        }

        /** Stops the application and cleans up for the next one in this class loader. */
        @Override
        public void close() {
            container.close();
            services.shutdown();
            ConfigProviderResolver.instance().releaseConfig(ConfigProvider.getConfig());
            forgetHandlers();
        }
    }
}
