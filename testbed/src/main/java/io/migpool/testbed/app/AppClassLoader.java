package io.migpool.testbed.app;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;

/**
 * Loads one application and its libraries, but not the other applications, because CDI would find their beans. Its
 * parent is the platform class loader. It shares with the testbed the JDK and the libraries without state or threads,
 * so that these are loaded and compiled only once.
 */
final class AppClassLoader extends URLClassLoader {

    private static final List<String> SHARED = List.of(
            "com.fasterxml.jackson.annotation.",
            "com.fasterxml.jackson.core.",
            "com.fasterxml.jackson.databind.",
            "com.fasterxml.jackson.dataformat.",
            "com.fasterxml.jackson.datatype.",
            "com.google.common.",
            "com.google.protobuf.",
            "io.fabric8.kubernetes.",
            "io.fabric8.zjsonpatch.",
            "io.grpc.",
            "io.perfmark.",
            "org.jboss.jandex.",
            "org.snakeyaml.",
            "org.yaml.snakeyaml.");

    static {
        registerAsParallelCapable();
    }

    private final AppKind app;
    private volatile Path configuration;

    private AppClassLoader(AppKind app, Path configuration, URL[] urls) {
        super(app.artifact(), urls, ClassLoader.getPlatformClassLoader());
        this.app = app;
        this.configuration = configuration;
    }

    /**
     * @param app the application
     * @param configuration directory whose {@code META-INF/microprofile-config.properties} configures the first instance
     */
    static AppClassLoader of(AppKind app, Path configuration) throws IOException {
        List<URL> urls = new ArrayList<>();
        for (Path entry : entries(app)) {
            urls.add(url(entry));
        }
        return new AppClassLoader(app, configuration, urls.toArray(URL[]::new));
    }

    /** Returns the application that it loads. */
    AppKind app() {
        return app;
    }

    /** Puts another instance's directory at the front of its class path, replacing the previous one's. */
    void configure(Path directory) {
        configuration = directory;
    }

    /** Returns this JVM's class path without the other applications. */
    static List<Path> entries(AppKind app) {
        return ClassPath.ofThisJvm().entries().stream()
                .filter(entry -> isFor(app, entry))
                .toList();
    }

    /** Returns whether a class path entry does not belong to another application. */
    private static boolean isFor(AppKind app, Path entry) {
        return Arrays.stream(AppKind.values()).noneMatch(other -> other != app && holds(entry, other));
    }

    /**
     * Returns whether a class path entry is the artifact: its jar, or its {@code target} directory in a build of all
     * modules.
     */
    private static boolean holds(Path entry, AppKind app) {
        String file = entry.getFileName().toString();
        return file.startsWith(app.artifact() + "-") || entry.endsWith(Path.of(app.artifact(), "target", "classes"));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        return SHARED.stream().anyMatch(name::startsWith)
                ? AppClassLoader.class.getClassLoader().loadClass(name)
                : super.loadClass(name, resolve);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try {
            ClassPath.ClassFile found = ClassPath.ofThisJvm()
                    .find(name, entry -> isFor(app, entry))
                    .orElseThrow(() -> new ClassNotFoundException(name));
            CodeSource source = new CodeSource(url(found.entry()), (Certificate[]) null);
            return defineClass(name, found.bytes(), 0, found.bytes().length, source);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    @Override
    public URL findResource(String name) {
        return configured(name).orElseGet(() -> super.findResource(name));
    }

    @Override
    public Enumeration<URL> findResources(String name) throws IOException {
        List<URL> found = new ArrayList<>(Collections.list(super.findResources(name)));
        configured(name).ifPresent(found::addFirst);
        return Collections.enumeration(found);
    }

    private Optional<URL> configured(String name) {
        Path file = configuration.resolve(name);
        try {
            return Files.isRegularFile(file) ? Optional.of(url(file)) : Optional.empty();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(file + " has no URL", e);
        }
    }

    private static URL url(Path path) throws MalformedURLException {
        return path.toUri().toURL();
    }
}
