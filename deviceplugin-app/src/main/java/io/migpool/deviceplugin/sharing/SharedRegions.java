package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
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

/** The shared regions of the containers on this node. Safe for use by several threads. */
public final class SharedRegions {

    private static final System.Logger LOG = System.getLogger(SharedRegions.class.getName());

    /** How many files of a directory are looked at: it is the container that fills it. */
    private static final int MOST_FILES = 16;

    private static final int MOST_TOLD = 1_000;
    private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");

    private final SharingDirectories directories;
    /** On the same file system as what containers write, and where they do not. */
    private final Path own;

    private final Set<Path> told = ConcurrentHashMap.newKeySet();

    public SharedRegions(SharingDirectories directories) {
        this.directories = directories;
        this.own = directories.containers().resolveSibling(".regions");
    }

    /** Something done with the file of a container. */
    @FunctionalInterface
    interface Use<T> {
        T of(SharedRegionFile file) throws IOException;
    }

    /**
     * What a container says about itself; empty if it says nothing: it has no GPU in software, has not used it yet, or what lies
     * there is none of hami-core's files.
     */
    public Optional<SharedRegion> read(PodClaim pod, ContainerClaim container) {
        return with(pod, container, SharedRegionFile::read);
    }

    /** Opens the file of a container for something; empty as in {@link #read}. */
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
     * Under a name that the container cannot give to something else between a look at it and its opening: to open a device does
     * what devices do.
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

    /** A container that HAMi started has a file of a name that nobody else knows. */
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

    /** Once for each container: its next start may mend it, and nobody reads the same line every few seconds. */
    private void tell(PodClaim pod, ContainerClaim container, IOException failure) {
        if (told.size() >= MOST_TOLD) {
            told.clear();
        }
        System.Logger.Level level =
                told.add(directories.of(pod, container)) ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG;
        LOG.log(
                level,
                "what container {0} of {1}/{2} says about its shared GPUs cannot be read; it has no figures and no priority: {3}",
                container.name(),
                pod.namespace(),
                pod.name(),
                String.valueOf(failure));
    }
}
