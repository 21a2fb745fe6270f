package io.migpool.testbed.app;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * The JVM's class path with an index of its packages. A plain {@link java.net.URLClassLoader} searches one jar after
 * another for every class, which takes a quarter of an application's start time. Jars stay open until the JVM ends.
 */
final class ClassPath {

    private final List<Path> entries;
    private final Map<String, List<Location>> packages;

    /** A place with classes of a package. */
    private sealed interface Location {
        Path entry();

        record Jar(Path entry, JarFile file) implements Location {}

        record Directory(Path entry) implements Location {}
    }

    /**
     * A class file.
     *
     * @param bytes its content
     * @param entry the class path entry that has it
     */
    @SuppressWarnings("ArrayRecordComponent") // handed straight to defineClass
    record ClassFile(byte[] bytes, Path entry) {}

    private ClassPath(List<Path> entries) throws IOException {
        this.entries = List.copyOf(entries);
        this.packages = new HashMap<>();
        for (Path entry : entries) {
            if (Files.isDirectory(entry)) {
                index(new Location.Directory(entry));
            } else if (Files.exists(entry)) {
                index(new Location.Jar(
                        entry, new JarFile(entry.toFile(), false, JarFile.OPEN_READ, JarFile.runtimeVersion())));
            }
        }
    }

    /** Returns the class path with which this JVM was started. */
    static ClassPath ofThisJvm() {
        return Holder.JVM;
    }

    private static final class Holder {
        private static final ClassPath JVM = read(System.getProperty("java.class.path"));

        private static ClassPath read(String text) {
            List<Path> entries = new ArrayList<>();
            for (String entry : text.split(File.pathSeparator, -1)) {
                if (!entry.isEmpty()) {
                    entries.add(Path.of(entry).toAbsolutePath());
                }
            }
            try {
                return new ClassPath(entries);
            } catch (IOException e) {
                throw new UncheckedIOException("the class path cannot be read", e);
            }
        }
    }

    List<Path> entries() {
        return entries;
    }

    /** Returns the class of this name from the first matching entry that has it. */
    Optional<ClassFile> find(String className, Predicate<Path> wanted) throws IOException {
        String file = className.replace('.', '/') + ".class";
        String directory = file.substring(0, file.lastIndexOf('/') + 1);
        for (Location location : packages.getOrDefault(directory, List.of())) {
            if (wanted.test(location.entry())) {
                Optional<byte[]> bytes = read(location, file);
                if (bytes.isPresent()) {
                    return Optional.of(new ClassFile(bytes.get(), location.entry()));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<byte[]> read(Location location, String file) throws IOException {
        return switch (location) {
            case Location.Directory(Path entry) -> {
                Path path = entry.resolve(file);
                yield Files.exists(path) ? Optional.of(Files.readAllBytes(path)) : Optional.empty();
            }
            case Location.Jar(Path _, JarFile jar) -> {
                ZipEntry found = jar.getEntry(file);
                if (found == null) {
                    yield Optional.empty();
                }
                try (InputStream in = jar.getInputStream(found)) {
                    yield Optional.of(in.readAllBytes());
                }
            }
        };
    }

    private void index(Location.Jar jar) {
        jar.file().stream()
                .map(ZipEntry::getName)
                .filter(name -> name.endsWith(".class"))
                .map(name -> name.substring(0, name.lastIndexOf('/') + 1))
                .distinct()
                .forEach(directory -> add(directory, jar));
    }

    private void index(Location.Directory directory) throws IOException {
        try (var paths = Files.walk(directory.entry())) {
            paths.filter(Files::isDirectory)
                    .map(path -> directory.entry().relativize(path).toString().replace(File.separatorChar, '/') + "/")
                    .forEach(name -> add(name, directory));
        }
    }

    private void add(String directory, Location location) {
        packages.computeIfAbsent(directory, _ -> new ArrayList<>()).add(location);
    }
}
