package io.migpool.runtime.file;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/**
 * A file that is replaced as a whole: written under its name with the suffix {@code .tmp}, then renamed. Readers, and
 * whoever starts after a crash of this process, find the old or the new content. Only one may write at a time.
 */
public final class AtomicFile {

    private final Path file;
    private final Path draft;

    /** @param file the file; its directory is created with the first write */
    public AtomicFile(Path file) {
        this.file = file.toAbsolutePath();
        this.draft = this.file.resolveSibling(file.getFileName() + ".tmp");
    }

    /**
     * Replaces the content without waiting for the disk: after a crash of the machine the file may be old, empty or
     * torn. Interrupts do not disturb it.
     */
    public void write(byte[] content) throws IOException {
        try (FileOutputStream out = open()) {
            out.write(content);
        }
        rename();
    }

    /** Replaces the content once it is on the disk, so that after a crash of the machine, too, the file is whole. */
    public void writeDurably(byte[] content) throws IOException {
        try (FileOutputStream out = open()) {
            out.write(content);
            out.getFD().sync();
        }
        rename();
    }

    /** A stream, no channel: an interrupt would close a channel in the middle. */
    private FileOutputStream open() throws IOException {
        Path directory = Objects.requireNonNull(file.getParent(), "a file has a directory");
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
        }
        return new FileOutputStream(draft.toFile());
    }

    private void rename() throws IOException {
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
