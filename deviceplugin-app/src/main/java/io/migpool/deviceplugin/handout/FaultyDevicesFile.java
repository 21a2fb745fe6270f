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

/** Faulty devices in a file, one in each line; replaced as a whole. */
final class FaultyDevicesFile {

    private static final System.Logger LOG = System.getLogger(FaultyDevicesFile.class.getName());

    private final Path file;

    FaultyDevicesFile(Path file) {
        this.file = file;
    }

    /** Returns the devices saved last; an unreadable file counts as empty. */
    Set<FaultyDevice> load() {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> line.split(" ", 3))
                    .filter(words -> words.length == 3)
                    .map(words -> new FaultyDevice(words[0], words[1], words[2]))
                    .collect(Collectors.toSet());
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be read; devices that it named count as healthy", e);
            return Set.of();
        }
    }

    /** Saves the devices. A failure is only logged: they are needed only after a restart. */
    void save(Set<FaultyDevice> devices) {
        try {
            new AtomicFile(file)
                    .writeDurably(devices.stream()
                            .map(device -> device.uuid() + " " + device.gpuUuid() + " " + device.bootId() + "\n")
                            .sorted()
                            .collect(Collectors.joining())
                            .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be written; after a restart its devices count as healthy", e);
        }
    }
}
