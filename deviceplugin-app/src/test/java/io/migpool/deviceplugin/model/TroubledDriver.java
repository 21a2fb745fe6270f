package io.migpool.deviceplugin.model;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.MigMode;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A driver whose calls go wrong at random, in every way there is; and in front of which nobody's instance may be
 * destroyed.
 */
final class TroubledDriver extends ForwardingDriver {

    /** One call in so many goes wrong. */
    private static final int ONE_IN = 25;

    private static final Duration STALL = Duration.ofSeconds(10);

    private final GpuDriver sound;
    private final Random random;
    private final VirtualClock clock;
    private final Tally tally;
    private final Consumer<GpuInstance> beforeDestroy;
    private boolean troubled = true;

    /**
     * @param beforeDestroy told of every instance that is about to be destroyed, wholly or in part
     */
    TroubledDriver(
            GpuDriver sound, Random random, VirtualClock clock, Tally tally, Consumer<GpuInstance> beforeDestroy) {
        super(sound);
        this.sound = sound;
        this.random = random;
        this.clock = clock;
        this.tally = tally;
        this.beforeDestroy = beforeDestroy;
    }

    /** From now on everything works. */
    void mend() {
        troubled = false;
    }

    void mayKill(String where) {
        if (troubled && random.nextInt(ONE_IN * 4) == 0) {
            throw new Killed(where);
        }
    }

    private interface Call<T> {
        T make() throws GpuException;
    }

    private <T> T call(String name, String gpuUuid, Call<T> call) throws GpuException {
        if (!troubled || random.nextInt(ONE_IN) != 0) {
            return call.make();
        }
        return switch (random.nextInt(8)) {
            case 0 -> throw new Killed("before " + name);
            case 1 -> {
                T ignored = call.make();
                throw new Killed("after " + name + " gave " + ignored);
            }
            case 2 -> {
                tally.count(Tally.Kind.IN_USE);
                throw new GpuException(GpuErrorCode.IN_USE, name, gpuUuid, "said to be in use");
            }
            case 3 ->
                throw new GpuException(GpuErrorCode.INSUFFICIENT_RESOURCES, name, gpuUuid, "said to be short of room");
            case 4 -> {
                T ignored = call.make();
                throw new GpuException(GpuErrorCode.TIMEOUT, name, gpuUuid, "done, but nobody heard of " + ignored);
            }
            case 5 -> throw new GpuException(GpuErrorCode.UNKNOWN, name, gpuUuid, "no reason given");
            case 6 -> throw new GpuException(GpuErrorCode.GPU_LOST, name, gpuUuid, "said to be lost");
            default -> {
                tally.count(Tally.Kind.STALL);
                clock.forward(STALL);
                yield call.make();
            }
        };
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        return call("migMode", gpuUuid, () -> sound.migMode(gpuUuid));
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return call("enableMig", gpuUuid, () -> sound.enableMig(gpuUuid));
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return call("instances", gpuUuid, () -> sound.instances(gpuUuid));
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return call("createGpuInstance", gpuUuid, () -> sound.createGpuInstance(gpuUuid, profile, placement));
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        return call(
                "createComputeInstance",
                instance.gpuUuid(),
                () -> sound.createComputeInstance(instance, computeSlices));
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        beforeDestroy.accept(instance);
        boolean unused = call("destroyComputeInstance", instance.gpuUuid(), () -> {
            sound.destroyComputeInstance(instance, computeInstance);
            return true;
        });
        assert unused;
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        beforeDestroy.accept(instance);
        boolean unused = call("destroyGpuInstance", instance.gpuUuid(), () -> {
            sound.destroyGpuInstance(instance);
            return true;
        });
        assert unused;
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return call("processes", gpuUuid, () -> sound.processes(gpuUuid));
    }
}
