package io.migpool.deviceplugin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Reads and writes the files that a user names.
 *
 * @param in the input that {@code -} stands for
 * @param out the output that {@code -} stands for
 */
record TextFiles(InputStream in, PrintWriter out) {

    static final String STANDARD = "-";

    private static final String STANDARD_OUTPUT = "/dev/stdout";

    /**
     * Returns the text of a file.
     *
     * @throws CommandException if it cannot be read
     */
    String read(String file) throws CommandException {
        try {
            return file.equals(STANDARD)
                    ? new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            throw new CommandException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    /**
     * Returns whether a name stands for standard output, which is not opened by its name: if it is redirected to a
     * file, later output would overwrite the text.
     */
    static boolean isStandardOutput(String file) {
        return file.equals(STANDARD) || file.equals(STANDARD_OUTPUT);
    }

    /**
     * Replaces a regular file atomically; writes through links, devices and pipes, which stay what they are.
     *
     * @throws CommandException if it cannot be written
     */
    void write(String file, String text) throws CommandException {
        if (isStandardOutput(file)) {
            out.print(text);
            out.flush();
            return;
        }
        try {
            Path target = Path.of(file).toAbsolutePath();
            if (Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)
                    || Files.notExists(target, LinkOption.NOFOLLOW_LINKS)) {
                replace(target, text);
            } else {
                Files.writeString(target, text);
            }
        } catch (IOException | InvalidPathException e) {
            throw new CommandException("cannot write %s: %s".formatted(file, e), e);
        }
    }

    private static void replace(Path target, String text) throws IOException {
        Path parent = target.getParent();
        Path draft = Files.createTempFile(parent == null ? Path.of("/") : parent, ".mig-parted", ".tmp");
        try {
            Files.writeString(draft, text);
            Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
    }
}
