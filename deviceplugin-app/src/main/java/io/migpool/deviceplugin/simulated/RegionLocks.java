package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Locks shared by threads, stores of one JVM, and processes: byte <i>n</i> of a lock file is lock <i>n</i>.
 *
 * <p>A file lock belongs to the whole JVM, so the threads of one store first queue at an ordinary lock. Two stores in
 * one JVM detect each other by {@link OverlappingFileLockException}, which the JDK throws regardless of class loaders,
 * and retry. Only {@link FileChannel#tryLock} is used: it is not interruptible, and an interrupt in any other call of
 * the channel would close it, which drops every lock of the process.
 */
final class RegionLocks implements AutoCloseable {

    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);
    private static final long FIRST_PAUSE_NANOS = 100_000;
    private static final long LONGEST_PAUSE_NANOS = 1_000_000;

    private final Path file;
    private final FileChannel channel;

    /** One for each byte, so that only one thread of this store requests it from the operating system. */
    private final List<ReentrantLock> queues;

    RegionLocks(Path file, int count) throws IOException {
        this.file = file;
        this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        this.queues =
                Stream.generate(() -> new ReentrantLock(true)).limit(count).toList();
    }

    StateStore.Hold lock(int region, Duration patience) throws GpuException {
        ReentrantLock queue = queues.get(region);
        StateAccess.lock(queue, patience, "lock " + region + " of " + file);
        boolean locked = false;
        try {
            FileLock lock = acquire(region, 1, patience);
            if (lock == null) {
                throw StateAccess.failure(
                        GpuErrorCode.TIMEOUT,
                        "another process held lock %d of %s for %s".formatted(region, file, patience));
            }
            locked = true;
            return () -> release(lock, queue);
        } catch (IOException e) {
            throw StateAccess.failure("lock %d of %s failed".formatted(region, file), e);
        } catch (InterruptedException e) {
            throw StateAccess.interrupted("interrupted while waiting for lock %d of %s".formatted(region, file), e);
        } finally {
            if (!locked) {
                queue.unlock();
            }
        }
    }

    private @Nullable FileLock acquire(long position, long size, Duration patience)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        long pause = FIRST_PAUSE_NANOS;
        while (true) {
            FileLock lock = tryAcquire(position, size);
            if (lock != null || System.nanoTime() - deadline >= 0) {
                return lock;
            }
            LockSupport.parkNanos(this, pause);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        }
    }

    private @Nullable FileLock tryAcquire(long position, long size) throws IOException {
        try {
            return channel.tryLock(position, size, false);
        } catch (OverlappingFileLockException heldInThisJvm) {
            return null;
        }
    }

    private void release(FileLock lock, ReentrantLock queue) {
        try {
            if (lock.isValid()) {
                lock.release();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("lock file " + file + " cannot be unlocked", e);
        } finally {
            queue.unlock();
        }
    }

    /**
     * Closes the lock file when none of its locks is held, or after five seconds, because on POSIX systems closing
     * drops the locks of the whole process, including those of other stores. Idempotent.
     */
    @Override
    public void close() {
        if (!channel.isOpen()) {
            return;
        }
        try (channel) {
            acquire(0, Long.MAX_VALUE, LONGEST_CLOSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("lock file " + file + " cannot be closed", e);
        }
    }
}
