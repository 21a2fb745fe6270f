package io.migpool.deviceplugin.simulated;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The complete state of a simulated machine at one moment.
 *
 * @param format version of the file format
 * @param seed seed of UUIDs
 * @param drawn number of UUIDs drawn so far
 * @param bootId identifies the present boot
 * @param gpus the GPUs, by index
 */
record MachineState(int format, long seed, long drawn, String bootId, List<GpuState> gpus) {

    static final int FORMAT = 2;

    /** Odd constant of the SplitMix generator; each UUID takes two steps of its stream. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    MachineState {
        if (format != FORMAT) {
            throw new IllegalArgumentException("state format %d; this release reads %d".formatted(format, FORMAT));
        }
        gpus = List.copyOf(gpus);
    }

    /** Returns a new UUID, and the state in which it counts as drawn. */
    Changed<UUID> drawUuid() {
        SplittableRandom random = new SplittableRandom(seed + 2 * drawn * GOLDEN_GAMMA);
        // The version nibble 4 and the variant bits of RFC 9562: readers of UUIDs may check them.
        long high = (random.nextLong() & ~0xF000L) | 0x4000L;
        long low = (random.nextLong() >>> 2) | Long.MIN_VALUE;
        return new Changed<>(new MachineState(format, seed, drawn + 1, bootId, gpus), new UUID(high, low));
    }

    Optional<GpuState> gpu(String uuid) {
        return gpus.stream().filter(gpu -> gpu.uuid().equals(uuid)).findFirst();
    }

    /** Returns this state with the GPU of this index replaced. */
    MachineState with(GpuState changed) {
        List<GpuState> all = new ArrayList<>(gpus);
        all.set(changed.index(), changed);
        return withGpus(all);
    }

    MachineState withGpus(List<GpuState> changed) {
        return new MachineState(format, seed, drawn, bootId, changed);
    }

    MachineState withBootId(String changed) {
        return new MachineState(format, seed, drawn, changed, gpus);
    }

    /**
     * A new state and the result of the change.
     *
     * @param <T> type of the result
     * @param state the new state
     */
    record Changed<T>(MachineState state, T result) {}
}
