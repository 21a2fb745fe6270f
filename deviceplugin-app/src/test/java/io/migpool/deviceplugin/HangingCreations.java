package io.migpool.deviceplugin;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A driver that answers everything but creations: these hang until they are given up, and create nothing. */
final class HangingCreations extends ForwardingDriver {

    private final Semaphore givenUp = new Semaphore(0);
    private final AtomicInteger begun = new AtomicInteger();

    HangingCreations(GpuDriver whole) {
        super(whole);
    }

    /** The number of creations that were asked for. */
    int begun() {
        return begun.get();
    }

    /** Has the creation that hangs, or the next one, time out. */
    void giveUp() {
        givenUp.release();
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        begun.incrementAndGet();
        try {
            givenUp.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new GpuException(GpuErrorCode.TIMEOUT, "createGpuInstance", gpuUuid, "no answer");
    }
}
