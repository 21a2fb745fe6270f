package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * The directory from which the container runtime reads CDI specifications: one file with one device per container,
 * named after the container's smallest slot, or after the devices where they are known. Files appear whole or not at
 * all.
 */
final class CdiDirectory {

    static final String KIND = "migpool.io/gpu";
    /** What containerd 1.7 began with, which refuses later versions. */
    private static final String VERSION = "0.5.0";

    private static final String FILE_PREFIX = "migpool.io-gpu-";
    private static final String FILE_SUFFIX = ".json";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path directory;

    CdiDirectory(Path directory) {
        this.directory = directory;
    }

    /** Returns the fully qualified device name of a slot. */
    static String deviceName(String slot) {
        return KIND + "=" + slot;
    }

    /** Returns whether the agent writes files of this name. */
    static boolean isOurs(String fileName) {
        return fileName.startsWith(FILE_PREFIX);
    }

    void write(String slot, ContainerEdits edits) throws IOException {
        // The runtime reads *.json and *.yaml only, so no draft.
        new AtomicFile(file(slot))
                .write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(specification(slot, edits)));
    }

    void remove(String slot) throws IOException {
        Files.deleteIfExists(file(slot));
    }

    /** Removes the files of all devices whose names match; a directory that does not exist has none. */
    void removeAll(Predicate<String> names) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, FILE_PREFIX + "*" + FILE_SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (names.test(name.substring(FILE_PREFIX.length(), name.length() - FILE_SUFFIX.length()))) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private Path file(String slot) {
        return directory.resolve(FILE_PREFIX + slot + FILE_SUFFIX);
    }

    private static ObjectNode specification(String slot, ContainerEdits edits) {
        ObjectNode root = JSON.createObjectNode()
                .put("cdiVersion", edits.driver().map(DriverAccess::cdiVersion).orElse(VERSION))
                .put("kind", KIND);
        edits.driver().ifPresent(driver -> root.set("containerEdits", driver.common()));
        ObjectNode device = root.putArray("devices").addObject().put("name", slot);
        ObjectNode containerEdits = device.putObject("containerEdits");
        var env = containerEdits.putArray("env");
        edits.environment().forEach((name, value) -> env.add(name + "=" + value));
        if (!edits.mounts().isEmpty()) {
            var mounts = containerEdits.putArray("mounts");
            for (AllocationHandler.Mount mount : edits.mounts()) {
                ObjectNode node = mounts.addObject()
                        .put("hostPath", mount.hostPath())
                        .put("containerPath", mount.containerPath());
                var options = node.putArray("options");
                List.of(mount.readOnly() ? "ro" : "rw", "rbind", "rprivate").forEach(options::add);
            }
        }
        edits.driver()
                .ifPresent(driver -> containerEdits.putArray("deviceNodes").addAll(driver.deviceNodes()));
        return root;
    }
}
