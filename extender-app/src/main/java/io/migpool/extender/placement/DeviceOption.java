package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.DevicePart;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.SharedGpu;
import io.migpool.extender.pool.SlotDemand;
import java.util.List;

/** One way to serve one device on one node, for a policy to compare. */
sealed interface DeviceOption {

    /** A whole resource, before it is weighted. */
    long MILLIONTHS = 1_000_000;

    /** A whole GPU in the unit of {@link #permille}. */
    long THOUSANDTHS = 1000;

    /** Returns the GPU without the device. */
    GpuView gpu();

    /** Returns the position of the GPU on its node, from 0. */
    int gpuPosition();

    /** Returns the part of the GPU that would be taken, in thousandths. */
    int permille();

    /** Returns the same, but 0 if the device is not an instance. */
    default int instancePermille() {
        return this instanceof MigOption ? permille() : 0;
    }

    /**
     * Returns the size of the instance in the unit of the request, as {@link SlotDemand#sizeOf} does; 0 if it is not an instance.
     */
    default long instanceSize() {
        return this instanceof MigOption mig ? mig.size : 0;
    }

    /** Returns whether the other kind would serve the device better, as {@link SlotDemand#prefersShares} says. */
    boolean secondChoice();

    /**
     * Compares what counts before any policy: the kind that serves the device better, instances or software shares; then
     * the smaller instance, and of equally large ones the one that takes the smaller part of its GPU. Software shares take
     * what is asked for, wherever they are.
     */
    static int beforeAnyPolicy(DeviceOption one, DeviceOption other) {
        if (one.secondChoice() != other.secondChoice()) {
            return one.secondChoice() ? 1 : -1;
        }
        return one.instanceSize() != other.instanceSize()
                ? Long.compare(one.instanceSize(), other.instanceSize())
                : Integer.compare(one.instancePermille(), other.instancePermille());
    }

    /** Returns the compute that would be taken, in percent. */
    int cores();

    /** Returns how full the GPU would be with the device on it, in millionths by weight; only to be compared with others. */
    default long fullness(ScoringWeights weights) {
        long slots = part(gpu().users() + 1, gpu().inventory().slots());
        long cores = part(gpu().usedCores() + cores(), gpu().inventory().corePercent());
        long memory = part(gpu().takenPermille() + permille(), THOUSANDTHS);
        return weights.slot() * slots + weights.core() * cores + weights.memory() * memory;
    }

    private static long part(long used, long all) {
        return used * MILLIONTHS / Math.max(1, all);
    }

    /** Returns what the device would count against a quota. */
    Charge charge();

    /** Returns what all these options together would count against a quota. */
    static Charge chargeOf(List<DeviceOption> chosen) {
        Charge sum = Charge.NONE;
        for (DeviceOption option : chosen) {
            sum = sum.plus(option.charge());
        }
        return sum;
    }

    /** Returns what would be taken. */
    DevicePart part();

    /** Returns the GPU with the device on it. */
    GpuView after();

    /** Returns the device as the container would see it. */
    DeviceAssignment assignment();

    /**
     * An instance.
     *
     * @param gpu the GPU before
     * @param gpuPosition position of the GPU on its node, from 0
     * @param profile index of the profile on the board
     * @param placement where it would lie
     * @param size how large it is in the measure of the request
     * @param secondChoice whether a software share would serve the device better
     * @param idle whether exactly this instance exists and has no user
     * @param fragmentation what it takes from later requests, in the policy's measure
     */
    record MigOption(
            MigGpu gpu,
            int gpuPosition,
            int profile,
            Placement placement,
            long size,
            boolean secondChoice,
            boolean idle,
            long fragmentation)
            implements DeviceOption {

        @Override
        public int permille() {
            return placement.size() * 1000 / gpu.board().units();
        }

        @Override
        public int cores() {
            return gpu.board().profile(profile).corePercent();
        }

        @Override
        public Charge charge() {
            return Charge.of(gpu.board().profile(profile));
        }

        @Override
        public DevicePart part() {
            return new DevicePart.MigSlice(
                    gpu.inventory().uuid(), gpu.board().profile(profile).profile(), placement);
        }

        @Override
        public GpuView after() {
            return gpu.plusInstance(profile, placement);
        }

        @Override
        public DeviceAssignment assignment() {
            var capability = gpu.board().profile(profile);
            return new DeviceAssignment(part(), capability.memoryMiB(), capability.corePercent());
        }
    }

    /**
     * A software share.
     *
     * @param gpu the GPU before
     * @param gpuPosition position of the GPU on its node, from 0
     * @param memoryMiB memory in MiB
     * @param cores compute in percent
     * @param secondChoice whether an instance would serve the device better
     */
    record ShareOption(SharedGpu gpu, int gpuPosition, long memoryMiB, int cores, boolean secondChoice)
            implements DeviceOption {

        @Override
        public int permille() {
            return (int) (memoryMiB * 1000 / Math.max(1, gpu.inventory().memoryMiB()));
        }

        @Override
        public Charge charge() {
            return new Charge(memoryMiB, cores);
        }

        @Override
        public DevicePart part() {
            return new DevicePart.SoftwareShare(gpu.inventory().uuid(), memoryMiB, cores);
        }

        @Override
        public GpuView after() {
            return gpu.plus(part());
        }

        @Override
        public DeviceAssignment assignment() {
            return new DeviceAssignment(part(), memoryMiB, cores);
        }
    }
}
