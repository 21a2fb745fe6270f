package io.migpool.deviceplugin;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Stands in for the driver on a machine without one: no GPUs, so the agent is healthy and offers nothing. */
final class NoGpus implements GpuDriver {

    @Override
    public List<GpuDescription> gpus() {
        return List.of();
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        throw none("migMode", gpuUuid);
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        throw none("enableMig", gpuUuid);
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        throw none("instances", gpuUuid);
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        throw none("createGpuInstance", gpuUuid);
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance) throws GpuException {
        throw none("createComputeInstance", instance.gpuUuid());
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        throw none("destroyComputeInstance", instance.gpuUuid());
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        throw none("destroyGpuInstance", instance.gpuUuid());
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        throw none("processes", gpuUuid);
    }

    @Override
    public GpuUsage usage(String gpuUuid) throws GpuException {
        throw none("usage", gpuUuid);
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException {
        throw none("engines", gpuUuid);
    }

    @Override
    public GpuFeatures features(String gpuUuid) throws GpuException {
        throw none("features", gpuUuid);
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        throw none("recoveryAction", gpuUuid);
    }

    @Override
    public GpuEvents events() throws GpuException {
        throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "events", "all GPUs", "this machine has no GPU driver");
    }

    @Override
    public String bootId() throws GpuException {
        throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "bootId", "this machine", "this machine has no GPU driver");
    }

    @Override
    public void close() {}

    private static GpuException none(String call, String gpuUuid) {
        return new GpuException(GpuErrorCode.NOT_FOUND, call, gpuUuid, "this machine has no GPU driver");
    }
}
