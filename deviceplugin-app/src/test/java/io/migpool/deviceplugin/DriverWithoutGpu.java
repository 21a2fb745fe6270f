package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.util.List;

/** A driver that does not know one of the GPUs, until it is repaired and looked for. */
final class DriverWithoutGpu extends ForwardingDriver {

    private final int missing;
    private volatile boolean repaired;
    private volatile boolean listed;

    DriverWithoutGpu(GpuDriver whole, int missing) {
        super(whole);
        this.missing = missing;
    }

    /** The GPU answers from now on. */
    void repair() {
        repaired = true;
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        return super.gpus().stream()
                .filter(gpu -> listed || gpu.index() != missing)
                .toList();
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return listed ? List.of() : List.of(new UnlistedGpu(missing, "it fell off the bus"));
    }

    @Override
    public void lookForMore() {
        listed = repaired;
    }
}
