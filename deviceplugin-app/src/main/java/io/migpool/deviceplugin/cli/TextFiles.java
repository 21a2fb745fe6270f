package io.migpool.deviceplugin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that a person names.
 *
 * @param in what {@code -} stands for
 */
record TextFiles(InputStream in) {

    private static final String STANDARD_INPUT = "-";

    /**
     * The text of a file.
     *
     * @throws CommandException if it cannot be read
     */
    String read(String file) throws CommandException {
        try {
            return file.equals(STANDARD_INPUT)
                    ? new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            throw new CommandException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    /**
     * Writes a file as a whole or not at all.
     *
     * @throws CommandException if it cannot be written
     */
    void write(String file, String text) throws CommandException {
        try {
            Path target = Path.of(file).toAbsolutePath();
            Path parent = target.getParent();
            Path draft = Files.createTempFile(parent == null ? Path.of("/") : parent, ".mig-parted", ".tmp");
            try {
                Files.writeString(draft, text);
                Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException | InvalidPathException e) {
            throw new CommandException("cannot write %s: %s".formatted(file, e), e);
        }
    }
}
