package io.migpool.deviceplugin.handout;

import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Faulty devices and their GPUs in a file, one in each line; replaced as a whole. */
final class FaultyDevicesFile {

    private static final System.Logger LOG = System.getLogger(FaultyDevicesFile.class.getName());

    private final Path file;

    FaultyDevicesFile(Path file) {
        this.file = file;
    }

    /** Returns the GPUs of the devices saved last, by the devices' UUIDs; an unreadable file counts as empty. */
    Map<String, String> load() {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> line.split(" ", 2))
                    .filter(words -> words.length == 2)
                    .collect(Collectors.toMap(words -> words[0], words -> words[1], (one, other) -> other));
        } catch (NoSuchFileException e) {
            return Map.of();
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be read; devices that it named count as healthy", e);
            return Map.of();
        }
    }

    /** Saves the devices. A failure is only logged: they are needed only after a restart. */
    void save(Map<String, String> gpus) {
        try {
            new AtomicFile(file)
                    .writeDurably(gpus.entrySet().stream()
                            .map(device -> device.getKey() + " " + device.getValue() + "\n")
                            .sorted()
                            .collect(Collectors.joining())
                            .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be written; after a restart its devices count as healthy", e);
        }
    }
}
