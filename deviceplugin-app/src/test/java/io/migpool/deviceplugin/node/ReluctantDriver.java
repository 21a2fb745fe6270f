package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.ForwardingDriver;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.MigMode;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often MIG mode is to be switched on, and lets that fail or hang. */
final class ReluctantDriver extends ForwardingDriver {

    final AtomicInteger tries = new AtomicInteger();
    volatile Optional<GpuErrorCode> refusal = Optional.empty();
    volatile CountDownLatch answers = new CountDownLatch(0);

    ReluctantDriver(GpuDriver whole) {
        super(whole);
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        tries.incrementAndGet();
        try {
            if (!answers.await(1, TimeUnit.HOURS)) {
                throw new IllegalStateException("nobody let it go");
            }
        } catch (InterruptedException e) {
            throw new GpuException(GpuErrorCode.TIMEOUT, "enableMig", gpuUuid, "broken off", e);
        }
        Optional<GpuErrorCode> refused = refusal;
        if (refused.isPresent()) {
            throw new GpuException(refused.get(), "enableMig", gpuUuid, "not today");
        }
        return super.enableMig(gpuUuid);
    }
}
