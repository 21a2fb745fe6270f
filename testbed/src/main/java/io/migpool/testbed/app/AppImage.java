package io.migpool.testbed.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The image of an application, unpacked. It runs like a container, with its own entry point, Java runtime and jars, but
 * needs no container runtime.
 *
 * @param kind which application
 * @param name the image's name in a container runtime that has loaded the tar
 * @param root directory with the files of all layers
 * @param configuration the image's configuration, as OCI describes it
 * @param options JVM options in addition to those of the entry point
 */
public record AppImage(AppKind kind, String name, Path root, JsonNode configuration, List<String> options)
        implements DeliveredApp {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NAME = "org.opencontainers.image.ref.name";
    private static final String CACHE_OPTION = "-XX:AOTCache=";
    private static final String CLASS_PATH_FILE = "@/app/jib-classpath-file";
    private static final String APP = "/app/";

    public AppImage {
        options = List.copyOf(options);
    }

    /**
     * Returns where {@code ./migpool image} writes it.
     *
     * @param repository the directory with the modules
     */
    public static Path tar(AppKind kind, Path repository) {
        return target(kind, repository).resolve("jib-image.tar");
    }

    /**
     * Returns why the image that {@link #tar} names does not match the present sources; empty if it does.
     *
     * @param repository the directory with the modules
     */
    public static Optional<String> outdated(AppKind kind, Path repository) throws IOException {
        Path tar = tar(kind, repository);
        if (Files.notExists(tar)) {
            return Optional.of(tar + " is absent; run ./migpool image");
        }
        Path newest = repository.resolve("pom.xml");
        for (String part : List.of("api-contracts", "mp-config", kind.artifact())) {
            Path module = repository.resolve(part);
            try (Stream<Path> sources = Files.walk(module.resolve("src").resolve("main"))) {
                for (Path source : Stream.concat(
                                Stream.of(module.resolve("pom.xml")), sources.filter(Files::isRegularFile))
                        .toList()) {
                    newest = changed(source).compareTo(changed(newest)) > 0 ? source : newest;
                }
            }
        }
        return changed(tar).compareTo(changed(newest)) >= 0
                ? Optional.empty()
                : Optional.of(tar + " is older than " + newest + "; run ./migpool image");
    }

    private static FileTime changed(Path file) throws IOException {
        return Files.getLastModifiedTime(file);
    }

    /** Returns Maven's build directory of the application's module. */
    public static Path target(AppKind kind, Path repository) {
        return repository.resolve(kind.artifact()).resolve("target");
    }

    /**
     * Unpacks an image.
     *
     * @param tar the image, in OCI layout with one manifest
     * @param directory directory for the files; created if absent
     * @throws IOException if the tar is not an image
     */
    public static AppImage unpack(AppKind kind, Path tar, Path directory) throws IOException {
        Path layout = directory.resolve("layout");
        try (InputStream in = Files.newInputStream(tar)) {
            Tar.unpack(in, layout);
        }
        JsonNode index = json(layout.resolve("index.json"));
        JsonNode described = index.path("manifests").path(0);
        JsonNode manifest = json(blob(layout, described));
        Path root = directory.resolve("root");
        for (JsonNode layer : manifest.path("layers")) {
            try (InputStream in = new GZIPInputStream(Files.newInputStream(blob(layout, layer)))) {
                Tar.unpack(in, root);
            }
        }
        return new AppImage(
                kind,
                described.path("annotations").path(NAME).asText(),
                root,
                json(blob(layout, manifest.path("config"))),
                List.of());
    }

    private static Path blob(Path layout, JsonNode descriptor) {
        return layout.resolve("blobs")
                .resolve(descriptor.path("digest").asText().replace(':', '/'));
    }

    private static JsonNode json(Path file) throws IOException {
        return Objects.requireNonNull(JSON.readTree(Files.readAllBytes(file)), file.toString());
    }

    /** Returns the same image with additional JVM options. */
    public AppImage withOptions(List<String> more) {
        return new AppImage(
                kind,
                name,
                root,
                configuration,
                Stream.concat(options.stream(), more.stream()).toList());
    }

    /** Returns the command that a container of it runs. */
    public List<String> entryPoint() {
        List<String> words = new ArrayList<>();
        configuration.path("config").path("Entrypoint").forEach(word -> words.add(word.asText()));
        return words;
    }

    /** Returns the path of the AOT cache from training, below {@link #root}; empty if it was not trained. */
    public Optional<Path> cache() {
        return entryPoint().stream()
                .filter(word -> word.startsWith(CACHE_OPTION))
                .map(word -> unpacked(word.substring(CACHE_OPTION.length())))
                .map(Path::of)
                .findFirst();
    }

    @Override
    public List<String> command(Map<String, String> settings, Path directory) throws IOException {
        List<String> words = entryPoint();
        if (words.size() < 2 || !words.getFirst().equals("java")) {
            throw new IOException("the image of " + kind + " starts '" + words + "', expected 'java' and its options");
        }
        List<String> command = new ArrayList<>();
        command.add(root.resolve("opt/java/openjdk/bin/java").toString());
        command.add("-XX:MaxRAM=" + kind.containerMiB() + "m");
        command.addAll(options);
        command.addAll(AppProcess.properties(settings));
        for (String word : words.subList(1, words.size())) {
            command.add(
                    word.equals(CLASS_PATH_FILE)
                            ? unpacked(Files.readString(root.resolve(CLASS_PATH_FILE.substring("@/".length()))))
                            : unpacked(word));
        }
        return command;
    }

    /** Replaces the image's application directory, to which class path and options refer, with the unpacked one. */
    private String unpacked(String text) {
        return text.replace(APP, root + APP);
    }
}
