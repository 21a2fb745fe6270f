package io.migpool.deviceplugin.simulated;

import io.migpool.deviceplugin.gpu.GpuException;

/** Where the state of a machine lives. Any number of threads may use a store; a file may have several stores. */
interface StateStore extends AutoCloseable {

    /** The present state; never half of a change. */
    MachineState read() throws GpuException;

    /**
     * Replaces the state; no other change happens in between.
     *
     * @param <T> type of the result
     * @param change must be quick and pure; if it throws, the state stays
     */
    <T> T update(Change<T> change) throws GpuException;

    /**
     * Waits until nobody mutates that GPU and keeps everybody else from it, in other processes too. The thread that got the hold
     * closes it.
     */
    Hold holdGpu(int index) throws GpuException;

    @Override
    void close();

    /**
     * Makes a new state from the present one.
     *
     * @param <T> type of the result
     */
    @FunctionalInterface
    interface Change<T> {
        MachineState.Changed<T> apply(MachineState present) throws GpuException;
    }

    /** The sole right to mutate a GPU, until closed. */
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
