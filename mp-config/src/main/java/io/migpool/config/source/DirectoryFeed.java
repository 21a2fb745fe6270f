package io.migpool.config.source;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads mounted ConfigMaps: {@code DIRECTORY/NAME-OF-CONFIGMAP/KEY}, or {@code DIRECTORY/KEY} for one projected volume.
 *
 * <p>Kubelet replaces a mount's content by renaming its {@code ..data} symbolic link, so directories are watched, not
 * files; any event triggers another read. Because some file systems report no events, everything is read again every
 * few seconds as well.
 */
final class DirectoryFeed implements DocumentFeed {

    private static final System.Logger LOG = System.getLogger(DirectoryFeed.class.getName());
    private static final Duration AT_LEAST_EVERY = Duration.ofSeconds(5);
    private static final Duration END_WITHIN = Duration.ofSeconds(5);

    private final Path directory;
    private final FeedSettings settings;
    private final List<DocumentSource> sources;
    private final WatchService watch;
    private final Map<Path, WatchKey> watched = new HashMap<>();
    private final Thread reader;

    private DirectoryFeed(Path directory, FeedSettings settings, List<DocumentSource> sources, WatchService watch) {
        this.directory = directory;
        this.settings = settings;
        this.sources = List.copyOf(sources);
        this.watch = watch;
        this.reader = Thread.ofVirtual().name("migpool-config-directory").unstarted(this::follow);
    }

    static DirectoryFeed open(FeedSettings settings, List<DocumentSource> sources) {
        Path directory = settings.directory().orElseThrow();
        try {
            DirectoryFeed feed = new DirectoryFeed(
                    directory, settings, sources, FileSystems.getDefault().newWatchService());
            sources.forEach(source -> source.awaitDocument(settings.ref(source.kind())));
            feed.watchDirectories();
            feed.readAll();
            feed.reader.start();
            return feed;
        } catch (IOException e) {
            throw new UncheckedIOException("no directory can be watched; use migpool.config.source=api", e);
        }
    }

    private void follow() {
        try {
            while (true) {
                WatchKey key = watch.poll(AT_LEAST_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
                lookAgain();
            }
        } catch (ClosedWatchServiceException e) {
            LOG.log(Level.DEBUG, "{0} is no longer watched", directory);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookAgain() {
        try {
            // Watch first, then read: a change in between raises an event and is read again.
            watchDirectories();
            readAll();
        } catch (ClosedWatchServiceException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            // A listener may fail; later edits must still be seen.
            LOG.log(Level.ERROR, directory + " could not be read or applied; retrying", e);
        }
    }

    private void watchDirectories() {
        watched.values().removeIf(key -> !key.isValid());
        Stream.concat(Stream.of(directory), sources.stream().map(source -> mount(source.kind())))
                .filter(path -> !watched.containsKey(path) && Files.isDirectory(path))
                .forEach(this::watchDirectory);
    }

    private void watchDirectory(Path path) {
        try {
            watched.put(path, path.register(watch, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE));
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} cannot be watched; it is read every {1} s instead: {2}",
                    path,
                    AT_LEAST_EVERY.toSeconds(),
                    e);
        }
    }

    private Path mount(DocumentKind kind) {
        return directory.resolve(settings.ref(kind).name());
    }

    private void readAll() {
        for (DocumentSource source : sources) {
            Path file = file(source.kind());
            String text = read(source, file);
            if (text != null) {
                source.offer(text);
            }
        }
    }

    private Path file(DocumentKind kind) {
        Path own = mount(kind).resolve(kind.key());
        Path projected = directory.resolve(kind.key());
        return !Files.exists(own) && Files.exists(projected) ? projected : own;
    }

    private static @Nullable String read(DocumentSource source, Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            source.missing("file " + file);
        } catch (IOException e) {
            source.unreadable("file " + file + " cannot be read (" + e + "); expected a readable UTF-8 file");
        }
        return null;
    }

    @Override
    public void close() {
        try {
            watch.close();
            reader.join(END_WITHIN);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the watch of " + directory + " cannot be closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
