package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;

/** A driver that must not be asked anything. */
final class UnaskedDriver extends ForwardingDriver {

    /** @param real one that would answer */
    UnaskedDriver(GpuDriver real) {
        super(real);
    }

    @Override
    protected GpuDriver whole(String call) {
        throw new AssertionError("the driver was asked: " + call);
    }
}
