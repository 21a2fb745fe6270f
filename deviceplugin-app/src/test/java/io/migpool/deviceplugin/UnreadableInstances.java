package io.migpool.deviceplugin;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.util.List;

/** A driver that cannot read one GPU's instances for a while. */
final class UnreadableInstances extends ForwardingDriver {

    private final String gpu;
    private final GpuErrorCode code;
    private volatile boolean readable;

    UnreadableInstances(GpuDriver whole, String gpu, GpuErrorCode code) {
        super(whole);
        this.gpu = gpu;
        this.code = code;
    }

    void answerAgain() {
        readable = true;
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        if (gpuUuid.equals(gpu) && !readable) {
            throw new GpuException(code, "instances", gpuUuid, "it does not answer");
        }
        return super.instances(gpuUuid);
    }
}
