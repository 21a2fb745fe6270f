package io.migpool.testbed.app;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToIntFunction;

/**
 * A real application running in this JVM: its own class loader, CDI container, web server and configuration. Starting and
 * stopping block until done; a stopped instance is not started again, make a new one, which may get the class loader.
 */
public final class EmbeddedApp implements AutoCloseable {

    static final String DEFAULT_SOCKET = "@default";
    private static final String ABOVE_EVERYTHING = "1000";

    /** Weld's own threads would load the beans with the JVM's class loader, where they are other classes. */
    private static final String SINGLE_THREADED_DEPLOYMENT = """
            org.jboss.weld.bootstrap.concurrentDeployment=false
            org.jboss.weld.executor.threadPoolType=NONE
            """;

    private final String name;
    private final AppClassLoader loader;
    private final Object running;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedApp(String name, AppClassLoader loader, Object running) {
        this.name = name;
        this.loader = loader;
        this.running = running;
    }

    /**
     * Starts an application and waits until it serves.
     *
     * @param app which one
     * @param name name of this instance
     * @param configuration MicroProfile properties that win over everything else
     * @param directory where this instance's configuration is written; created if absent
     * @throws IOException if it cannot be started, with the application's own failure as cause
     */
    public static EmbeddedApp start(AppKind app, String name, Map<String, String> configuration, Path directory)
            throws IOException {
        write(configuration, directory);
        AppClassLoader loader = AppLoaders.ofThisJvm().take(app, directory);
        try {
            return new EmbeddedApp(
                    name, loader, within(loader, () -> launcher(loader).call()));
        } catch (Exception | ServiceConfigurationError e) {
            loader.close();
            throw new IOException(name + " did not start: " + e.getMessage(), e);
        }
    }

    private static void write(Map<String, String> configuration, Path directory) throws IOException {
        writeSettings(configuration, directory);
        Files.writeString(directory.resolve("weld.properties"), SINGLE_THREADED_DEPLOYMENT);
    }

    /** Writes settings that win over everything else for whoever has that directory on its class path. */
    static void writeSettings(Map<String, String> configuration, Path directory) throws IOException {
        Properties properties = new Properties();
        properties.putAll(configuration);
        properties.setProperty("config_ordinal", ABOVE_EVERYTHING);
        Path file = directory.resolve("META-INF/microprofile-config.properties");
        Files.createDirectories(file.getParent());
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
    }

    @SuppressWarnings("rawtypes") // the service is found by its raw JDK type
    private static Callable<?> launcher(AppClassLoader loader) {
        for (Callable launcher : ServiceLoader.load(Callable.class, loader)) {
            return launcher;
        }
        throw new IllegalStateException("the class path has no launcher; is the testbed on it?");
    }

    /** Runs with the application's class loader in place, from which its frameworks load their parts. */
    private static <T> T within(ClassLoader loader, Callable<T> action) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return action.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Name of this instance. */
    public String name() {
        return name;
    }

    /** Port of the default socket. */
    public int port() {
        return port(DEFAULT_SOCKET);
    }

    /** Port of a named socket, for example {@code admin}. */
    @SuppressWarnings("unchecked") // the launcher's contract
    public int port(String socket) {
        return ((ToIntFunction<String>) running).applyAsInt(socket);
    }

    /**
     * Stops the application as its process would be stopped, and waits until it is. Does nothing the second time.
     *
     * @throws IOException if it does not stop in order
     */
    @Override
    public void close() throws IOException {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            within(loader, () -> {
                ((AutoCloseable) running).close();
                return name;
            });
        } catch (Exception e) {
            loader.close();
            throw new IOException(name + " did not stop: " + e.getMessage(), e);
        }
        AppLoaders.ofThisJvm().giveBack(loader);
    }
}
