package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.node.Loop;
import io.migpool.deviceplugin.node.Pods;
import io.migpool.deviceplugin.sharing.SharingDirectories;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Removes from the host what containers on software-shared GPUs left there: the directory of each whose pod is gone. While the
 * pods of this node are not all known nothing is removed.
 */
public final class AbandonedDirectories implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AbandonedDirectories.class.getName());
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final Path directory;
    private final Pods pods;
    private final InstancePool pool;
    private final Loop loop = Loop.of("abandoned-directories", INTERVAL, this::sweep);

    /**
     * @param settings where the library's directories are
     */
    public AbandonedDirectories(InjectSettings settings, Pods pods, InstancePool pool) {
        this.directory = SharingDirectories.under(settings.hookPath()).containers();
        this.pods = pods;
        this.pool = pool;
    }

    public void start() {
        loop.start();
    }

    /** False if it should be tried again soon. */
    boolean sweep() {
        try {
            // First what is there, then whose it may be: a container that starts in between is then not taken for one
            // of the past.
            List<Path> found = found();
            Optional<Set<String>> holders = holders();
            if (holders.isEmpty()) {
                return false;
            }
            for (Path each : found) {
                String uid = SharingDirectories.podUid(each);
                if (!uid.isEmpty() && !holders.get().contains(uid)) {
                    HamiCore.removeAll(each);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "what containers of the past left in " + directory + " stays", e);
        }
        return true;
    }

    private List<Path> found() throws IOException {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                entries.forEach(found::add);
            }
        }
        return found;
    }

    private Optional<Set<String>> holders() {
        return pods.all().map(bound -> {
            Set<String> uids = new HashSet<>();
            bound.forEach(pod -> uids.add(pod.getMetadata().getUid()));
            pool.claims().forEach(claim -> uids.add(claim.uid()));
            return uids;
        });
    }

    @Override
    public void close() {
        loop.close();
    }
}
