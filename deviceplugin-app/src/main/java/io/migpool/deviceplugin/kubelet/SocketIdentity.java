package io.migpool.deviceplugin.kubelet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes a socket file from a later one with the same name.
 *
 * @param key device and inode; the file system may reuse an inode immediately
 * @param changed time of creation, which then differs
 */
record SocketIdentity(@Nullable Object key, FileTime changed) {

    static Optional<SocketIdentity> of(Path socket) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return Optional.of(new SocketIdentity(attributes.fileKey(), attributes.lastModifiedTime()));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }
}
