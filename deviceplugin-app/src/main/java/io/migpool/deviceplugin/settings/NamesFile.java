package io.migpool.deviceplugin.settings;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The names of the resources in a file of the agent's state directory; replaced as a whole. */
final class NamesFile {

    private static final System.Logger LOG = System.getLogger(NamesFile.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;

    /** @param directory directory of the file; created if missing */
    NamesFile(Path directory) {
        this.file = directory.resolve("resource-names.json");
    }

    /** Returns the names saved last; an unreadable file counts as missing. */
    Optional<ResourceNames> load() {
        try {
            Optional<ResourceNames> names =
                    Optional.ofNullable(JSON.readValue(Files.readAllBytes(file), ResourceNames.class));
            if (names.filter(NamesFile::isWhole).isPresent()) {
                return names;
            }
            LOG.log(Level.WARNING, "{0} lacks a name; it is rewritten once the settings are known", file);
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "{0} does not exist yet", e.getFile());
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    file + " cannot be read; until settings are known nothing is registered with kubelet",
                    e);
        }
        return Optional.empty();
    }

    private static boolean isWhole(ResourceNames names) {
        return Stream.of(names.count(), names.memory(), names.memoryPercentage(), names.cores(), names.priority())
                .noneMatch(name -> name == null || name.isBlank());
    }

    /**
     * Saves the names. A failure is only logged, because the names are needed only for a start without the API server.
     */
    void save(ResourceNames names) {
        try {
            new AtomicFile(file).writeDurably(JSON.writeValueAsBytes(names));
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    file + " cannot be written; make the directory writable for the node agent, or it cannot serve"
                            + " restarts after it was started without the API server",
                    e);
        }
    }
}
