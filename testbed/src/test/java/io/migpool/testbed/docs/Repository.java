package io.migpool.testbed.docs;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** The files around us, wherever in the repository the tests are started. */
public final class Repository {

    /** The directory that holds {@code docs} and {@code manifests}. */
    public static final Path ROOT = root();

    private static final List<String> APPS =
            List.of("api-contracts", "mp-config", "extender-app", "admission-app", "deviceplugin-app");

    private Repository() {}

    private static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(directory.resolve("manifests/base"))) {
            Path parent = directory.getParent();
            if (parent == null) {
                throw new IllegalStateException(
                        "no directory above " + Path.of("").toAbsolutePath()
                                + " holds manifests/base; start the tests inside the repository");
            }
            directory = parent;
        }
        return directory;
    }

    /** README.md and everything in {@code docs/}. */
    static List<Path> documents() {
        return Stream.concat(Stream.of(ROOT.resolve("README.md")), files(ROOT.resolve("docs"), ".md").stream())
                .toList();
    }

    /** Sources and resources of everything but the testbed, each as text. */
    static List<String> applicationSources() {
        return APPS.stream()
                .map(app -> ROOT.resolve(app).resolve("src/main"))
                .flatMap(main -> Stream.concat(files(main, ".java").stream(), files(main, ".properties").stream()))
                .map(Repository::text)
                .toList();
    }

    /** Sources of the packages from which Events come. */
    static List<String> eventSources() {
        return Stream.of(
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/inject",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/node",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/reservation",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/operator",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/health",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/handout",
                        "deviceplugin-app/src/main/java/io/migpool/deviceplugin/migmanager",
                        "extender-app/src/main/java/io/migpool/extender/observe")
                .flatMap(packageOf -> files(ROOT.resolve(packageOf), ".java").stream())
                .map(Repository::text)
                .toList();
    }

    /** Files below a directory with that ending, in order. */
    static List<Path> files(Path directory, String ending) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The settings that an application has by default. */
    static Properties defaults(String application) {
        Properties defaults = new Properties();
        try (Reader file = Files.newBufferedReader(
                ROOT.resolve(application).resolve("src/main/resources/META-INF/microprofile-config.properties"))) {
            defaults.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return defaults;
    }

    /** What a file holds. */
    public static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
