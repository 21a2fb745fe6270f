package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The CDI specifications in the host's directories. They change with the driver, so the files are read for every
 * container; parsing one takes longer than the rest of a container's start, so that is done only when its text has
 * changed.
 */
final class SpecificationFiles {

    private static final System.Logger LOG = System.getLogger(SpecificationFiles.class.getName());
    /** Reads JSON too. */
    private static final YAMLMapper YAML = new YAMLMapper();

    private final List<Path> directories;
    /** The files as read last. Replaced as a whole, so that callers at the same time need no lock. */
    private volatile Map<Path, Parsed> latest = Map.of();

    /** @param directories where to look; the last one is preferred, as in CDI */
    SpecificationFiles(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /**
     * A file.
     *
     * @param text its text
     * @param document what it says; null if it is malformed. Not to be changed
     */
    private record Parsed(String text, @Nullable JsonNode document) {}

    /** Returns the documents, those of the preferred directory first. */
    List<JsonNode> read() {
        Map<Path, Parsed> before = latest;
        Map<Path, Parsed> now = new LinkedHashMap<>();
        directories.reversed().stream()
                .flatMap(SpecificationFiles::files)
                .forEach(file -> read(file, before.get(file), now));
        latest = now;
        return now.values().stream()
                .<JsonNode>mapMulti((parsed, into) -> {
                    if (parsed.document() != null) {
                        into.accept(parsed.document());
                    }
                })
                .toList();
    }

    private static Stream<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(SpecificationFiles::isSpecification).sorted().toList().stream();
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "a directory of CDI specifications does not exist", e);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "CDI specifications cannot be listed: {0}", e.toString());
        }
        return Stream.empty();
    }

    private static boolean isSpecification(Path file) {
        String name = file.getFileName().toString();
        // There is one file of the agent's own per container.
        return !CdiDirectory.isOurs(name) && (name.endsWith(".json") || name.endsWith(".yaml"));
    }

    private static void read(Path file, @Nullable Parsed before, Map<Path, Parsed> into) {
        try {
            String text = Files.readString(file);
            into.put(file, before != null && before.text().equals(text) ? before : parse(file, text));
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "a CDI specification is gone", e);
        } catch (IOException e) {
            tellUnreadable(file, e);
        }
    }

    private static Parsed parse(Path file, String text) {
        try {
            return new Parsed(text, YAML.readTree(text));
        } catch (IOException e) {
            tellUnreadable(file, e);
            return new Parsed(text, null);
        }
    }

    private static void tellUnreadable(Path file, IOException e) {
        LOG.log(Level.WARNING, "CDI specification {0} cannot be read: {1}", file, e.getMessage());
    }
}
