package io.migpool.testbed.app;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sees one application and its libraries, and nothing of the other applications: CDI would find their beans. Its parent is
 * the platform class loader, so that nothing is shared with the testbed but the JDK.
 */
final class AppClassLoader extends URLClassLoader {

    private AppClassLoader(String name, URL[] urls) {
        super(name, urls, ClassLoader.getPlatformClassLoader());
    }

    /**
     * @param app the application
     * @param name name of the instance, shown in thread dumps
     * @param configuration directory whose {@code META-INF/microprofile-config.properties} configures this instance
     */
    static AppClassLoader of(AppKind app, String name, Path configuration) throws IOException {
        List<URL> urls = new ArrayList<>();
        urls.add(url(configuration));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()
                    && Arrays.stream(AppKind.values()).noneMatch(other -> other != app && holds(entry, other))) {
                urls.add(url(Path.of(entry)));
            }
        }
        return new AppClassLoader(name, urls.toArray(URL[]::new));
    }

    /** Whether a class path entry is the artifact: its jar, or its {@code target} directory in a build of all modules. */
    private static boolean holds(String entry, AppKind app) {
        Path path = Path.of(entry).toAbsolutePath();
        String file = path.getFileName().toString();
        return file.startsWith(app.artifact() + "-") || path.endsWith(Path.of(app.artifact(), "target", "classes"));
    }

    private static URL url(Path path) throws MalformedURLException {
        return path.toUri().toURL();
    }
}
