package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Class loaders of stopped applications, kept for the next instance: a second start in the same loader finds its
 * classes loaded and compiled and takes a tenth of the time. There are never more than the number of instances that ran
 * concurrently.
 */
final class AppLoaders {

    private final Map<AppKind, Queue<AppClassLoader>> free = new ConcurrentHashMap<>();

    /** Returns the loaders of this JVM, based on {@link ClassPath#ofThisJvm()}. */
    static AppLoaders ofThisJvm() {
        return Holder.JVM;
    }

    private static final class Holder {
        private static final AppLoaders JVM = new AppLoaders();
    }

    /**
     * Returns a loader for one instance.
     *
     * @param app the application
     * @param configuration directory whose {@code META-INF/microprofile-config.properties} configures the instance
     */
    AppClassLoader take(AppKind app, Path configuration) throws IOException {
        AppClassLoader used = of(app).poll();
        if (used == null) {
            return AppClassLoader.of(app, configuration);
        }
        used.configure(configuration);
        return used;
    }

    /** Keeps a loader for the next instance. Do not call this after a start or a stop that failed half-way. */
    void giveBack(AppClassLoader ended) {
        of(ended.app()).add(ended);
    }

    private Queue<AppClassLoader> of(AppKind app) {
        return free.computeIfAbsent(app, _ -> new ConcurrentLinkedQueue<>());
    }
}
