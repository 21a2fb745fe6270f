package io.migpool.deviceplugin.sharing;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A directory filled by an untrusted process, perhaps at this moment. Names are resolved relative to open directories,
 * so that none can be replaced by a link in between; and subdirectories are moved up before they are emptied, so that
 * neither their number nor their depth costs memory.
 */
final class ForeignTree {

    /** A process that creates files faster than they are removed fills the disk anyway. */
    private static final long LONGEST_NANOS = Duration.ofSeconds(30).toNanos();

    private final SecureDirectoryStream<Path> parent;
    private final Path name;
    private final long started = System.nanoTime();
    private @Nullable IOException failure;

    private ForeignTree(SecureDirectoryStream<Path> parent, Path name) {
        this.parent = parent;
        this.name = name;
    }

    /**
     * Removes it recursively; does nothing if it does not exist.
     *
     * @param directory the directory, whose parent only the node agent writes to
     * @throws IOException if something in it cannot be removed, or new files keep appearing; the rest is gone
     */
    static void remove(Path directory) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            in(directory, ForeignTree::remove);
        }
    }

    /**
     * Removes everything in it; does nothing if it is not a directory.
     *
     * @param directory as in {@link #remove}
     * @throws IOException as in {@link #remove}
     */
    static void empty(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            in(directory, ForeignTree::empty);
        }
    }

    /** One of the operations. */
    private interface Removal {
        void of(ForeignTree tree) throws IOException;
    }

    private static void in(Path directory, Removal removal) throws IOException {
        try (DirectoryStream<Path> parent = Files.newDirectoryStream(directory.getParent())) {
            if (!(parent instanceof SecureDirectoryStream<Path> open)) {
                throw new IOException(
                        "this system cannot look up names in open directories, so " + directory + " stays");
            }
            removal.of(new ForeignTree(open, directory.getFileName()));
        }
    }

    private void remove() throws IOException {
        if (isDirectory(parent, name)) {
            empty();
            parent.deleteDirectory(name);
        } else {
            parent.deleteFile(name);
        }
    }

    private void empty() throws IOException {
        while (emptied() > 0) {
            if (System.nanoTime() - started > LONGEST_NANOS) {
                throw new IOException(name + " is filled as fast as it is emptied", failure);
            }
        }
        if (failure != null) {
            throw new IOException("not all of " + name + " can be removed", failure);
        }
    }

    /** Makes one pass; returns how many entries were removed or moved up. */
    private long emptied() throws IOException {
        failure = null;
        long done = 0;
        try (SecureDirectoryStream<Path> top = parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            for (Path entry : top) {
                done += removeOrFlatten(top, entry.getFileName());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return done;
    }

    private long removeOrFlatten(SecureDirectoryStream<Path> top, Path entry) {
        long done = 0;
        try {
            if (isDirectory(top, entry)) {
                done += flatten(top, entry);
                top.deleteDirectory(entry);
            } else {
                top.deleteFile(entry);
            }
            return done + 1;
        } catch (NoSuchFileException e) {
            return done + 1;
        } catch (IOException | DirectoryIteratorException e) {
            failure = e instanceof IOException io ? io : new IOException(e);
            return done;
        }
    }

    private long flatten(SecureDirectoryStream<Path> top, Path entry) throws IOException {
        long done = 0;
        try (SecureDirectoryStream<Path> below = top.newDirectoryStream(entry, LinkOption.NOFOLLOW_LINKS)) {
            for (Path child : below) {
                Path childName = child.getFileName();
                if (isDirectory(below, childName)) {
                    below.move(childName, top, Path.of(UUID.randomUUID().toString()));
                } else {
                    below.deleteFile(childName);
                }
                done++;
            }
        }
        return done;
    }

    private static boolean isDirectory(SecureDirectoryStream<Path> in, Path name) throws IOException {
        return in.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
    }
}
