package io.migpool.testbed.bench.packing;

import io.migpool.testbed.bench.load.RequestedProfile;

/**
 * HAMi's scores: shares of slots, cores and memory in use, added up. Counting only memory would cost it up to five more
 * points of acceptance.
 */
final class HamiUsage {

    private final Pool pool;
    private final RequestedProfile whole;
    private final double mostSlots;
    private final int[] slots;
    private final int[] cores;
    private final int[] memoryMiB;

    HamiUsage(Pool pool) {
        this.pool = pool;
        this.whole = pool.board().whole();
        this.mostSlots = pool.board().profiles().stream()
                .mapToInt(RequestedProfile::places)
                .max()
                .orElseThrow();
        this.slots = new int[pool.gpus()];
        this.cores = new int[pool.gpus()];
        this.memoryMiB = new int[pool.gpus()];
    }

    void add(RequestedProfile profile, int gpu, int times) {
        slots[gpu] += times;
        cores[gpu] += times * profile.cores();
        memoryMiB[gpu] += times * profile.memoryMiB();
    }

    double ofGpu(int gpu) {
        return slots[gpu] / mostSlots
                + (double) cores[gpu] / whole.cores()
                + (double) memoryMiB[gpu] / whole.memoryMiB();
    }

    /** Returns the shares of the node's totals; equal for all nodes with equal use per GPU. */
    double ofNode(int node) {
        double sum = 0;
        for (int gpu = pool.firstGpu(node); gpu < pool.endGpu(node); gpu++) {
            sum += ofGpu(gpu);
        }
        return sum / (pool.endGpu(node) - pool.firstGpu(node));
    }
}
