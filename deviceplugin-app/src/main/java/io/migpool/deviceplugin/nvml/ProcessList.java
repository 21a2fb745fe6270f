package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuProcess;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Merges several lists of processes. A process may use both compute and graphics, and may be listed with its instance
 * in one list and without it in another.
 */
final class ProcessList {

    private final Map<Key, GpuProcess> processes = new HashMap<>();

    private record Key(long pid, int gpuInstanceId, int computeInstanceId) {

        static Key of(GpuProcess process) {
            return new Key(process.pid(), process.gpuInstanceId(), process.computeInstanceId());
        }
    }

    void add(List<GpuProcess> more) {
        for (GpuProcess process : more) {
            processes.merge(Key.of(process), process, (a, b) -> a.usedMemoryMiB() >= b.usedMemoryMiB() ? a : b);
        }
    }

    /** Returns each process once per instance that it uses; without an instance only if no list has one. */
    List<GpuProcess> byPid() {
        Set<Long> placed = new HashSet<>();
        for (GpuProcess process : processes.values()) {
            if (process.gpuInstanceId() != GpuProcess.NO_INSTANCE) {
                placed.add(process.pid());
            }
        }
        return processes.values().stream()
                .filter(p -> p.gpuInstanceId() != GpuProcess.NO_INSTANCE || !placed.contains(p.pid()))
                .sorted(Comparator.comparingLong(GpuProcess::pid)
                        .thenComparingInt(GpuProcess::gpuInstanceId)
                        .thenComparingInt(GpuProcess::computeInstanceId))
                .toList();
    }
}
