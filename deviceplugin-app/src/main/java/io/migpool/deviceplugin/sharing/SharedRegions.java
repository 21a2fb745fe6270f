package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The shared regions of the containers on this node. Thread-safe. */
public final class SharedRegions {

    private static final System.Logger LOG = System.getLogger(SharedRegions.class.getName());

    /** Maximum number of files examined in a directory, because the container fills it. */
    private static final int MOST_FILES = 16;

    private static final int MOST_TOLD = 1_000;
    private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");

    private final SharingDirectories directories;
    /** A directory on the same file system as the containers', to which they cannot write. */
    private final Path own;

    private final Set<Path> told = ConcurrentHashMap.newKeySet();

    public SharedRegions(SharingDirectories directories) {
        this.directories = directories;
        this.own = directories.containers().resolveSibling(".regions");
    }

    /**
     * Removes the links that an agent left behind which was killed while it read: each keeps a file of a container that
     * is gone. Before the first use.
     */
    public void removeLeftovers() {
        if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> links = Files.newDirectoryStream(own)) {
            for (Path link : links) {
                Files.deleteIfExists(link);
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(Level.WARNING, "links of an earlier agent stay in {0}: {1}", own, String.valueOf(e));
        }
    }

    /** An operation on the file of a container. */
    @FunctionalInterface
    interface Use<T> {
        T of(SharedRegionFile file) throws IOException;
    }

    /**
     * Returns what a container reports about itself; empty if it has no software-shared GPU, has not used it yet, or
     * has no valid file of hami-core.
     */
    public Optional<SharedRegion> read(PodClaim pod, ContainerClaim container) {
        return with(pod, container, SharedRegionFile::read);
    }

    /** Opens the file of a container for an operation; empty as in {@link #read}. */
    <T> Optional<T> with(PodClaim pod, ContainerClaim container, Use<T> use) {
        try (SharedRegionFile file = open(directories.of(pod, container), SharingDirectories.sharedFile(pod, container))
                .orElse(null)) {
            return file == null ? Optional.empty() : Optional.of(use.of(file));
        } catch (IOException e) {
            tell(pod, container, e);
            return Optional.empty();
        }
    }

    private Optional<SharedRegionFile> open(Path directory, String name) throws IOException {
        Path expected = directory.resolve(name);
        if (Files.exists(expected, LinkOption.NOFOLLOW_LINKS)) {
            return openLinked(expected);
        }
        Optional<Path> other = startedByHami(directory);
        return other.isEmpty() ? Optional.empty() : openLinked(other.get());
    }

    /**
     * Opens the file under a name that the container cannot replace between check and opening, because opening a device
     * has side effects.
     */
    private Optional<SharedRegionFile> openLinked(Path file) throws IOException {
        Files.createDirectories(own, PosixFilePermissions.asFileAttribute(OWN));
        Path link = own.resolve(UUID.randomUUID().toString());
        Files.createLink(link, file);
        try {
            return SharedRegionFile.open(link);
        } finally {
            Files.deleteIfExists(link);
        }
    }

    /** Finds the file of a container that HAMi started, whose name is unpredictable. */
    private static Optional<Path> startedByHami(Path directory) throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            Iterator<Path> files = entries.iterator();
            for (int i = 0; i < MOST_FILES && files.hasNext(); i++) {
                Path file = files.next();
                if (SharingDirectories.isShared(file)) {
                    return Optional.of(file);
                }
            }
            return Optional.empty();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /**
     * Logs a failure once for each container: its next start may fix it, and repeating the line every few seconds would
     * be noise.
     */
    private void tell(PodClaim pod, ContainerClaim container, IOException failure) {
        if (told.size() >= MOST_TOLD) {
            told.clear();
        }
        Level level = told.add(directories.of(pod, container)) ? Level.WARNING : Level.DEBUG;
        LOG.log(
                level,
                "cannot read the shared GPU usage of container {0} of {1}/{2}; it has no metrics and takes no turns: {3}",
                container.name(),
                pod.namespace(),
                pod.name(),
                String.valueOf(failure));
    }
}
