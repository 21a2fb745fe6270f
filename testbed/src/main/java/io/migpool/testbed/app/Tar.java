package io.migpool.testbed.app;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Unpacks tars as Jib writes them (POSIX.1-2001, pax): files and directories, no links. Times of files are kept,
 * because a JVM checks those of its jars against its AOT cache.
 */
final class Tar {

    private static final int BLOCK = 512;
    private static final int BUFFER = 1 << 16;
    private static final int OCTAL = 8;
    private static final int ANYBODY_EXECUTES = 0111;
    private static final Pattern LONG_NAME = Pattern.compile("(?:^|\n)\\d+ path=([^\n]*)\n");

    /** Position of a field in the header of an entry. */
    private record Field(int from, int length) {

        private static final Field NAME = new Field(0, 100);
        private static final Field MODE = new Field(100, 8);
        private static final Field SIZE = new Field(124, 12);
        private static final Field CHANGED = new Field(136, 12);
        private static final Field TYPE = new Field(156, 1);

        String text(byte[] header) {
            int end = from;
            while (end < from + length && header[end] != 0) {
                end++;
            }
            return new String(header, from, end - from, StandardCharsets.UTF_8).strip();
        }

        long number(byte[] header) throws IOException {
            try {
                return Long.parseLong(text(header), OCTAL);
            } catch (NumberFormatException e) {
                throw new IOException(
                        "'" + text(header) + "' at byte " + from + " of a tar header is not an octal number", e);
            }
        }
    }

    private final DataInputStream in;
    private final Path directory;

    private Tar(DataInputStream in, Path directory) {
        this.in = in;
        this.directory = directory;
    }

    /**
     * Writes everything in a tar, overwriting existing files.
     *
     * @param tar the tar, read to its end
     * @param directory directory for the files; created if absent
     * @throws IOException if the tar ends early, contains anything but files and directories, or points outside the
     *     directory
     */
    static void unpack(InputStream tar, Path directory) throws IOException {
        Path absolute = Files.createDirectories(directory.toAbsolutePath().normalize());
        new Tar(new DataInputStream(new BufferedInputStream(tar, BUFFER)), absolute).unpack();
    }

    private void unpack() throws IOException {
        Optional<String> longName = Optional.empty();
        for (byte[] header = header(); header[0] != 0; header = header()) {
            long size = Field.SIZE.number(header);
            Path target = inside(longName.orElse(Field.NAME.text(header)));
            longName = Optional.empty();
            switch (Field.TYPE.text(header)) {
                case "x" -> longName = longName(in.readNBytes(Math.toIntExact(size)));
                case "5" -> Files.createDirectories(target);
                case "0" -> write(target, header, size);
                default ->
                    throw new IOException(target + " is neither file nor directory, type " + Field.TYPE.text(header));
            }
            in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
        }
    }

    private byte[] header() throws IOException {
        byte[] header = new byte[BLOCK];
        in.readFully(header);
        return header;
    }

    private static Optional<String> longName(byte[] attributes) {
        Matcher path = LONG_NAME.matcher(new String(attributes, StandardCharsets.UTF_8));
        return path.find() ? Optional.of(path.group(1)) : Optional.empty();
    }

    private Path inside(String name) throws IOException {
        Path target = directory.resolve(name).normalize();
        if (!target.startsWith(directory)) {
            throw new IOException("the tar holds '" + name + "', which lies outside of it");
        }
        return target;
    }

    private void write(Path target, byte[] header, long size) throws IOException {
        Files.createDirectories(target.getParent());
        byte[] buffer = new byte[BUFFER];
        try (OutputStream out = Files.newOutputStream(target)) {
            for (long left = size; left > 0; ) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    throw new EOFException("the tar ends within " + target);
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
        boolean executable = (Field.MODE.number(header) & ANYBODY_EXECUTES) != 0;
        if (executable && !target.toFile().setExecutable(true, false)) {
            throw new IOException(target + " cannot be made executable");
        }
        Files.setLastModifiedTime(target, FileTime.from(Field.CHANGED.number(header), TimeUnit.SECONDS));
    }
}
