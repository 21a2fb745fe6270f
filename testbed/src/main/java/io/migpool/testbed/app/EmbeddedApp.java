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
 * A real application running in this JVM: its own class loader, CDI container, web server and configuration. Starting
 * and stopping block until done. A stopped instance cannot be started again; create a new one, which may reuse the
 * class loader.
 */
public final class EmbeddedApp implements AutoCloseable {

    static final String DEFAULT_SOCKET = "@default";
    private static final String ABOVE_EVERYTHING = "1000";

    /** Weld's own threads would load the beans with the JVM's class loader, in which they are different classes. */
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
     * @param directory directory for this instance's configuration; created if absent
     * @throws IOException if it cannot be started; the cause is the application's own failure
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

    /**
     * Writes settings that take precedence over everything else for an application with this directory on its class
     * path.
     */
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

    /**
     * Runs an action with the application's class loader as the context class loader, from which its frameworks load
     * classes.
     */
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

    /** Returns the name of this instance. */
    public String name() {
        return name;
    }

    /** Returns the port of the default socket. */
    public int port() {
        return port(DEFAULT_SOCKET);
    }

    /** Returns the port of a named socket, for example {@code admin}. */
    @SuppressWarnings("unchecked") // the launcher's contract
    public int port(String socket) {
        return ((ToIntFunction<String>) running).applyAsInt(socket);
    }

    /**
     * Stops the application as its process would be stopped, and waits for it to end. Idempotent.
     *
     * @throws IOException if it does not stop in an orderly way
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
