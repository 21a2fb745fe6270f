package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** A machine in memory, which ends with the process. */
final class MemoryStore implements StateStore {

    /** Guards replacing {@link #state}. */
    private final ReentrantLock changing = new ReentrantLock();

    /** By index; each is held for the duration of one mutation of that GPU. */
    private final List<ReentrantLock> mutating;

    private volatile MachineState state;

    MemoryStore(MachineState initial) {
        this.state = initial;
        this.mutating = Stream.generate(() -> new ReentrantLock(true))
                .limit(initial.gpus().size())
                .toList();
    }

    @Override
    public MachineState read() {
        return state;
    }

    @Override
    public <T> T update(Change<T> change) throws GpuException {
        StateAccess.lock(changing, StateAccess.LONGEST_CHANGE, "the state");
        try {
            MachineState.Changed<T> changed = change.apply(state);
            state = changed.state();
            return changed.result();
        } finally {
            changing.unlock();
        }
    }

    @Override
    public Hold holdGpu(int index) throws GpuException {
        ReentrantLock lock = mutating.get(index);
        StateAccess.lock(lock, StateAccess.LONGEST_MUTATION, "GPU " + index);
        return lock::unlock;
    }

    @Override
    public void close() {
        // There is nothing to release outside the heap.
    }
}
