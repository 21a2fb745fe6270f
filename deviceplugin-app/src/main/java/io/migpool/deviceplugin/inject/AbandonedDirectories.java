package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import io.migpool.runtime.time.Loop;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Removes host directories of containers on software-shared GPUs whose pods are gone. Removes nothing while the pods of
 * this node are not all known. Empties the directory of the lock that they share too, once none of them is left: until
 * then, any file there may be a lock.
 */
public final class AbandonedDirectories implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AbandonedDirectories.class.getName());
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final SharingDirectories directories;
    private final Path locks;
    private final Pods pods;
    private final InstancePool pool;
    private final Loop loop = Loop.of("abandoned-directories", INTERVAL, this::sweep);

    /** @param settings the settings with the library's directories */
    public AbandonedDirectories(InjectSettings settings, Pods pods, InstancePool pool) {
        this.directories = SharingDirectories.under(settings.hookPath());
        this.locks = settings.lockDirectory();
        this.pods = pods;
        this.pool = pool;
    }

    public void start() {
        loop.start();
    }

    /** Sweeps once. */
    Loop.Next sweep() {
        // First list the directories, then the pods: a container that starts in between is then not mistaken for an old
        // one.
        List<Path> found = found();
        Optional<Set<String>> holders = holders();
        if (holders.isEmpty()) {
            return Loop.Next.RETRY_SOON;
        }
        for (Path each : found) {
            if (isContainers(each) && !holders.get().contains(SharingDirectories.podUid(each))) {
                remove(each);
            }
        }
        if (directories.owns(locks)
                && nobodyShares()
                && found().stream().noneMatch(AbandonedDirectories::isContainers)) {
            emptyLocks();
        }
        return Loop.Next.AFTER_PAUSE;
    }

    private static boolean isContainers(Path directory) {
        return !SharingDirectories.podUid(directory).isEmpty();
    }

    /** A pod that runs may not be in the pool yet, or never, but then it has its directory. */
    private boolean nobodyShares() {
        return Stream.concat(pool.claims().stream(), pool.leaving().stream()).noneMatch(PodClaim::hasShares);
    }

    private void emptyLocks() {
        try {
            directories.empty(locks);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot remove what ended containers left: {0}", String.valueOf(e));
        }
    }

    private void remove(Path directory) {
        try {
            directories.remove(directory);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot remove what an ended container left: {0}", String.valueOf(e));
        }
    }

    private List<Path> found() {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directories.containers())) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directories.containers())) {
                entries.forEach(found::add);
            } catch (IOException | DirectoryIteratorException e) {
                LOG.log(Level.WARNING, "cannot list what ended containers left: {0}", String.valueOf(e));
            }
        }
        return found;
    }

    private Optional<Set<String>> holders() {
        return pods.all().map(bound -> {
            Set<String> uids = new HashSet<>();
            bound.forEach(pod -> uids.add(pod.getMetadata().getUid()));
            pool.claims().forEach(claim -> uids.add(claim.uid()));
            pool.leaving().forEach(claim -> uids.add(claim.uid()));
            return uids;
        });
    }

    @Override
    public void close() {
        loop.close();
    }
}
