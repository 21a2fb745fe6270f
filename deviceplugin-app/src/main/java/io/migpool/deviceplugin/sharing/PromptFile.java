package io.migpool.deviceplugin.sharing;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens files that an untrusted process also has, without waiting for it: whoever holds a lease on a file
 * ({@code fcntl(2)}, {@code F_SETLEASE}) otherwise makes everybody who opens it wait for
 * {@code /proc/sys/fs/lease-break-time}, 45 seconds. Java has no such option.
 */
final class PromptFile {

    /** From Linux' {@code asm-generic/fcntl.h}; the same on the processors for which there are drivers. */
    private static final int READ_AND_WRITE = 0x2;

    private static final int WITHOUT_WAITING = 0x800;
    private static final int NOT_FOR_CHILDREN = 0x80000;

    private PromptFile() {}

    /** Calls of {@code libc}, which every process has loaded. */
    interface Libc extends Library {

        int open(String path, int flags, Object... mode) throws LastErrorException;

        int close(int descriptor) throws LastErrorException;
    }

    /** Loaded at the first call. */
    private static final class Loaded {

        private static final Libc LIBC = Native.load(Libc.class);
    }

    /**
     * Opens a regular file for reading and writing.
     *
     * @param file a path at which no other process can replace the file
     * @throws IOException if it cannot be opened at once; if a lease is the reason, the kernel has asked for it back
     */
    static FileChannel open(Path file) throws IOException {
        try {
            int descriptor = Loaded.LIBC.open(file.toString(), READ_AND_WRITE | WITHOUT_WAITING | NOT_FOR_CHILDREN);
            try {
                // While it is open for writing, nobody gets a lease.
                return FileChannel.open(
                        Path.of("/proc/self/fd", Integer.toString(descriptor)),
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
            } finally {
                Loaded.LIBC.close(descriptor);
            }
        } catch (LastErrorException e) {
            throw new IOException(
                    "%s cannot be opened without waiting for a process that has a lease on it, or not at all: %s"
                            .formatted(file, e.getMessage()),
                    e);
        } catch (LinkageError e) {
            throw new IOException("the C library cannot be called, so " + file + " is not opened", e);
        }
    }
}
