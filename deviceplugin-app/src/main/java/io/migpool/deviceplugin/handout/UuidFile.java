package io.migpool.deviceplugin.handout;

import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** UUIDs of devices in a file, one in each line; replaced as a whole. */
final class UuidFile {

    private static final System.Logger LOG = System.getLogger(UuidFile.class.getName());

    private final Path file;

    UuidFile(Path file) {
        this.file = file;
    }

    /** Returns the UUIDs saved last; an unreadable file counts as empty. */
    Set<String> load() {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .collect(Collectors.toUnmodifiableSet());
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be read; devices that it named count as healthy", e);
            return Set.of();
        }
    }

    /** Saves the UUIDs. A failure is only logged: they are needed only after a restart. */
    void save(Set<String> uuids) {
        try {
            new AtomicFile(file)
                    .writeDurably(uuids.stream()
                            .sorted()
                            .collect(Collectors.joining("\n"))
                            .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be written; after a restart its devices count as healthy", e);
        }
    }
}
