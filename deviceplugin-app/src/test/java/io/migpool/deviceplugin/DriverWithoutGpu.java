package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.util.List;

/** A driver that was opened while one of the GPUs did not answer. */
final class DriverWithoutGpu extends ForwardingDriver {

    private final int missing;
    private volatile boolean back;

    DriverWithoutGpu(GpuDriver whole, int missing) {
        super(whole);
        this.missing = missing;
    }

    /** The GPU answers from now on, and is known once the driver is opened anew. */
    void repair() {
        back = true;
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        return super.gpus().stream().filter(gpu -> gpu.index() != missing).toList();
    }

    @Override
    public List<UnlistedGpu> unlisted() {
        return List.of(new UnlistedGpu(missing, "it fell off the bus"));
    }

    @Override
    public boolean hasMore() {
        return back;
    }
}
