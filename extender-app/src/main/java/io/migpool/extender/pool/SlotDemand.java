package io.migpool.extender.pool;

import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.DeviceReuse.Use;
import io.migpool.contracts.request.MemoryRequest;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One device that a pod needs for its whole life, with every container that uses it: at most one long-lived container and
 * any number of init containers.
 *
 * @param memory the requests of the containers that may use it, at least one; the device must serve all of them
 * @param cores the largest compute that they request themselves, in percent, 0 to 100
 * @param sharedCores the same, with the configured default for containers that request none, for GPUs shared in software
 * @param users the devices of containers that this device serves in the plan
 * @param containers positions of all containers that may use it, whichever ids kubelet passes on to them
 * @param beside whether one of those containers asks for further devices
 */
public record SlotDemand(
        List<MemoryRequest> memory,
        int cores,
        int sharedCores,
        List<Use> users,
        Set<Integer> containers,
        boolean beside) {

    /** Only compares a percentage with an amount before any GPU is known; decisions never rest on it. */
    private static final long TYPICAL_MIB_PER_PERCENT = 819;

    private static final int WHOLE_PERCENT = 100;

    /** A total order, largest first: large devices are hardest to place. */
    static final Comparator<SlotDemand> LARGEST_FIRST = Comparator.comparingLong((SlotDemand slot) -> slot.weight())
            .reversed()
            .thenComparing(Comparator.comparingInt(SlotDemand::cores).reversed())
            .thenComparing(Comparator.comparingInt(SlotDemand::sharedCores).reversed())
            .thenComparingInt(slot -> slot.users.getLast().container())
            .thenComparingInt(slot -> slot.users.getLast().device());

    public SlotDemand {
        memory = List.copyOf(memory);
        users = List.copyOf(users);
        containers = Set.copyOf(containers);
    }

    /** Returns whether some container may see both devices. */
    public boolean mayBeSeenWith(SlotDemand other) {
        return !Collections.disjoint(containers, other.containers);
    }

    private static long weight(MemoryRequest request) {
        return switch (request) {
            case MemoryRequest.WholeGpu() -> Long.MAX_VALUE;
            case MemoryRequest.MiB(long amount) -> amount;
            case MemoryRequest.Percentage(int percent) -> percent * TYPICAL_MIB_PER_PERCENT;
        };
    }

    long weight() {
        return memory.stream().mapToLong(request -> weight(request)).max().orElse(0);
    }

    /** Returns the memory that the device needs on a software-shared GPU of this size, in MiB. */
    public long memoryMiBOf(long totalMiB) {
        return memory.stream()
                .mapToLong(request -> memoryMiB(request, totalMiB))
                .max()
                .orElse(0);
    }

    /**
     * Returns the compute that the device takes of a software-shared GPU, in percent. A device with the whole memory of a GPU
     * has the GPU to itself, so all of its compute is reserved too unless another amount is requested, as HAMi does.
     */
    public int coresOf(int totalPercent) {
        boolean alone = memory.stream().anyMatch(MemoryRequest::isWhole);
        return cores == 0 && alone ? Math.min(WHOLE_PERCENT, totalPercent) : sharedCores;
    }

    private static long memoryMiB(MemoryRequest request, long totalMiB) {
        return switch (request) {
            case MemoryRequest.WholeGpu() -> totalMiB;
            case MemoryRequest.MiB(long amount) -> amount;
            case MemoryRequest.Percentage(int percent) -> totalMiB * percent / 100;
        };
    }

    /**
     * Returns how large an instance is in the unit of the request, for comparing it with others: nominal MiB if that is in MiB,
     * else the placement units that it takes of a thousand. Half a GPU is half a GPU, however much memory it has. One that
     * {@link ProfileCapability#fallsShortOf really} has less than asked for counts as half as large again, so that one
     * that has enough comes first unless it is wastefully large.
     */
    public long sizeOf(ProfileCapability profile, int boardUnits) {
        if (!memory.stream().allMatch(MemoryRequest.MiB.class::isInstance)) {
            return profile.size() * 1000L / boardUnits;
        }
        return BoardProfiles.fallsShort(profile, memory) ? profile.nominalMiB() * 3 / 2 : profile.nominalMiB();
    }

    /**
     * Returns whether a whole GPU serves better than an instance: CUDA uses one instance per process, and instances have no
     * links and, even in full size, not all multiprocessors. Otherwise an instance does, because it isolates.
     */
    public boolean prefersShares() {
        return beside || memory.stream().anyMatch(MemoryRequest::isWhole);
    }

    public boolean wantsWholeGpu() {
        return memory.stream().anyMatch(MemoryRequest.WholeGpu.class::isInstance);
    }

    /** Returns what is wanted, for messages: {@code 8000 MiB and 30 % cores}. */
    public String text() {
        String wanted = memory.stream()
                .sorted(Comparator.comparingLong((MemoryRequest request) -> weight(request))
                        .reversed())
                .limit(1)
                .map(MemoryRequest::toString)
                .collect(Collectors.joining());
        return cores == 0 ? wanted : wanted + " and " + cores + " % cores";
    }
}
