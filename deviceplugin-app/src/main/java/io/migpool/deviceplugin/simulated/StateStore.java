package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuException;

/** Stores the state of a machine. Any number of threads may use a store; a file may have several stores. */
interface StateStore extends AutoCloseable {

    /** Returns the present state, never a partial change. */
    MachineState read() throws GpuException;

    /**
     * Replaces the state; no other change happens in between.
     *
     * @param <T> type of the result
     * @param change must be quick and pure; if it throws, the state stays
     */
    <T> T update(Change<T> change) throws GpuException;

    /**
     * Waits for the exclusive right to mutate a GPU, across processes. The thread that gets the hold has to close it.
     */
    Hold holdGpu(int index) throws GpuException;

    @Override
    void close();

    /**
     * Computes a new state from the present one.
     *
     * @param <T> type of the result
     */
    @FunctionalInterface
    interface Change<T> {
        MachineState.Changed<T> apply(MachineState present) throws GpuException;
    }

    /** The exclusive right to mutate a GPU, until closed. */
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
