package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A driver of which one GPU may hang: what is asked of it by then has no answer before somebody gives up. */
final class HangingDriver extends ForwardingDriver {

    private final CountDownLatch never = new CountDownLatch(1);
    private volatile @Nullable String hanging;

    HangingDriver(GpuDriver whole) {
        super(whole);
    }

    void hang(String gpuUuid) {
        hanging = gpuUuid;
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        pass("recoveryAction", gpuUuid);
        return super.recoveryAction(gpuUuid);
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        pass("migMode", gpuUuid);
        return super.migMode(gpuUuid);
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        pass("instances", gpuUuid);
        return super.instances(gpuUuid);
    }

    private void pass(String call, String gpuUuid) throws GpuException {
        if (gpuUuid.equals(hanging)) {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new GpuException(GpuErrorCode.TIMEOUT, call, gpuUuid, "interrupted", e);
            }
        }
    }
}
