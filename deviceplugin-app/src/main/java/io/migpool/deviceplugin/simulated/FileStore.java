package io.migpool.deviceplugin.simulated;

import com.fasterxml.jackson.core.JacksonException;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.file.AtomicFile;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A machine that outlives the process: its state is a JSON file. A change is written to a new file that replaces it in
 * one rename, so readers need no lock and a writer that dies half-way changes nothing. It is not synced to disk: like
 * the instances on real GPUs it need not survive a crash of the machine.
 */
final class FileStore implements StateStore {

    private static final int STATE_LOCK = 0;
    private static final int FIRST_GPU_LOCK = 1;

    private final Path file;
    private final AtomicFile contents;
    private final RegionLocks locks;
    private final StateJson json = new StateJson();
    private volatile Optional<Parsed> latest = Optional.empty();

    /** The content of the file; most reads find what was read or written last. */
    private record Parsed(ByteBuffer text, MachineState state) {}

    private FileStore(Path file, RegionLocks locks) {
        this.file = file;
        this.contents = new AtomicFile(file);
        this.locks = locks;
    }

    /**
     * Opens the machine in a file.
     *
     * @param file the file; its directory is created if needed
     * @param fresh supplies the initial state if there is no such file yet
     */
    static FileStore open(Path file, Supplier<MachineState> fresh) throws GpuException {
        Path absolute = file.toAbsolutePath();
        RegionLocks locks;
        try {
            Files.createDirectories(absolute.getParent());
            locks = new RegionLocks(
                    absolute.resolveSibling(absolute.getFileName() + ".lock"), FIRST_GPU_LOCK + MachineSpec.MOST_GPUS);
        } catch (IOException e) {
            throw StateAccess.failure("no simulated machine can be kept in " + absolute, e);
        }
        FileStore store = new FileStore(absolute, locks);
        boolean opened = false;
        try {
            store.createIfAbsent(fresh);
            store.read();
            opened = true;
            return store;
        } finally {
            if (!opened) {
                store.close();
            }
        }
    }

    private void createIfAbsent(Supplier<MachineState> fresh) throws GpuException {
        try (Hold ignored = locks.lock(STATE_LOCK, StateAccess.LONGEST_CHANGE)) {
            if (Files.notExists(file)) {
                write(fresh.get());
            }
        }
    }

    @Override
    public MachineState read() throws GpuException {
        // Streams, not channels: an interrupt would close a channel in the middle.
        try (InputStream in = new FileInputStream(file.toFile())) {
            byte[] bytes = in.readAllBytes();
            ByteBuffer text = ByteBuffer.wrap(bytes);
            Optional<Parsed> known = latest.filter(parsed -> parsed.text().equals(text));
            if (known.isPresent()) {
                return known.get().state();
            }
            MachineState state = json.read(bytes);
            latest = Optional.of(new Parsed(text, state));
            return state;
        } catch (JacksonException e) {
            throw StateAccess.failure(
                    file + " is damaged, remove it to start with a new machine (" + e.getOriginalMessage() + ")", e);
        } catch (IOException e) {
            throw StateAccess.failure(file + " cannot be read", e);
        }
    }

    @Override
    public <T> T update(Change<T> change) throws GpuException {
        try (Hold ignored = locks.lock(STATE_LOCK, StateAccess.LONGEST_CHANGE)) {
            MachineState.Changed<T> changed = change.apply(read());
            write(changed.state());
            return changed.result();
        }
    }

    private void write(MachineState state) throws GpuException {
        try {
            byte[] bytes = json.write(state);
            contents.write(bytes);
            latest = Optional.of(new Parsed(ByteBuffer.wrap(bytes), state));
        } catch (IOException e) {
            throw StateAccess.failure(file + " cannot be written", e);
        }
    }

    @Override
    public Hold holdGpu(int index) throws GpuException {
        return locks.lock(FIRST_GPU_LOCK + index, StateAccess.LONGEST_MUTATION);
    }

    /**
     * Closes the lock file; the state file stays.
     *
     * @throws UncheckedIOException if the lock file cannot be closed
     */
    @Override
    public void close() {
        locks.close();
    }
}
