package io.migpool.testbed.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * An application as Maven packages it: a jar with its libraries beside it.
 *
 * @param app which one
 * @param repository the directory with the modules
 */
public record PackagedApp(AppKind app, Path repository) {

    /** Whether Maven has packaged it, and once only. */
    public boolean isPackaged() throws IOException {
        return jars().size() == 1;
    }

    /** The jar that starts it. */
    Path jar() throws IOException {
        return jars().stream()
                .findFirst()
                .orElseThrow(() ->
                        new IOException(target() + " holds no " + app.artifact() + "-*.jar; package the module first"));
    }

    private List<Path> jars() throws IOException {
        if (Files.notExists(target())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(target())) {
            return files.filter(file -> file.getFileName().toString().matches(app.artifact() + "-.*(?<!-tests)\\.jar"))
                    .toList();
        }
    }

    private Path target() {
        return repository.resolve(app.artifact()).resolve("target");
    }

    /**
     * What its image tells the JVM, in a container of 512 MiB.
     *
     * @param directory where its archive of classes lies
     */
    List<String> options(Path directory) {
        List<String> options = new ArrayList<>(List.of(
                "-XX:MaxRAM=512m",
                "-XX:MaxRAMPercentage=60",
                "-XX:+UseSerialGC",
                "-XX:ReservedCodeCacheSize=240m",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + directory.resolve("classes.jsa"),
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off"));
        if (app == AppKind.DEVICE_PLUGIN) {
            options.add("-XX:TieredStopAtLevel=1");
        }
        return options;
    }
}
