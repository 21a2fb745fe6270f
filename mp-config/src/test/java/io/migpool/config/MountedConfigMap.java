package io.migpool.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A ConfigMap as kubelet mounts it: the files are links into {@code ..data}, itself a link to a directory of one
 * version, and a new version takes effect by one rename of {@code ..data}.
 */
final class MountedConfigMap {

    private final Path mount;
    private final String key;
    private int version;

    MountedConfigMap(Path mount, String key) throws IOException {
        this.mount = Files.createDirectories(mount);
        this.key = key;
    }

    void write(String content) throws IOException {
        Path current = Path.of("..version-" + ++version);
        Files.createDirectory(mount.resolve(current));
        Files.writeString(mount.resolve(current).resolve(key), content);
        Path swap = Files.createSymbolicLink(mount.resolve("..data_tmp"), current);
        Files.move(swap, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        if (Files.notExists(mount.resolve(key))) {
            Files.createSymbolicLink(mount.resolve(key), Path.of("..data", key));
        }
    }

    void delete() throws IOException {
        Files.delete(mount.resolve(key));
        Files.delete(mount.resolve("..data"));
    }
}
