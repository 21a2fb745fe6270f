package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An application as Maven packages it: a jar with its libraries next to it. It runs with this JVM's Java runtime and
 * writes a class archive at its first orderly shutdown, like an image built by {@code ./migpool image --push}.
 *
 * @param kind which one
 * @param repository the directory with the modules
 */
public record PackagedApp(AppKind kind, Path repository) implements DeliveredApp {

    /** Name of the archive, in the application's working directory. */
    public static final String ARCHIVE = "classes.jsa";

    /** Returns whether Maven has packaged it exactly once. */
    public boolean isPackaged() throws IOException {
        return jars().size() == 1;
    }

    /** Returns the jar that starts it. */
    private Path jar() throws IOException {
        return jars().stream()
                .findFirst()
                .orElseThrow(() -> new IOException(
                        target() + " holds no " + kind.artifact() + "-*.jar; package the module first"));
    }

    private List<Path> jars() throws IOException {
        if (Files.notExists(target())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(target())) {
            return files.filter(file -> file.getFileName().toString().matches(kind.artifact() + "-.*(?<!-tests)\\.jar"))
                    .toList();
        }
    }

    private Path target() {
        return repository.resolve(kind.artifact()).resolve("target");
    }

    @Override
    public List<String> command(Map<String, String> settings, Path directory) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                AppProcess.thisJava(),
                "-XX:MaxRAM=" + kind.containerMiB() + "m",
                "-XX:MaxRAMPercentage=60",
                "-XX:+UseSerialGC",
                "-XX:NewSize=24m",
                "-XX:ReservedCodeCacheSize=240m",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + directory.resolve(ARCHIVE),
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off"));
        if (kind != AppKind.EXTENDER) {
            command.add("-XX:TieredStopAtLevel=1");
        }
        command.addAll(AppProcess.ACCESS);
        command.addAll(AppProcess.properties(settings));
        command.addAll(List.of("-jar", jar().toString()));
        return command;
    }
}
