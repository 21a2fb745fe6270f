package io.migpool.deviceplugin;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvents;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.GpuProcess;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigModeSwitch;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Another driver under everything that a test does not change. */
public class ForwardingDriver implements GpuDriver {

    private final GpuDriver whole;

    protected ForwardingDriver(GpuDriver whole) {
        this.whole = whole;
    }

    /** The other one, as every call asks for it. */
    protected GpuDriver whole(String call) {
        return whole;
    }

    @Override
    public List<GpuDescription> gpus() throws GpuException {
        return whole("gpus").gpus();
    }

    @Override
    public MigMode migMode(String gpuUuid) throws GpuException {
        return whole("migMode").migMode(gpuUuid);
    }

    @Override
    public MigMode enableMig(String gpuUuid) throws GpuException {
        return whole("enableMig").enableMig(gpuUuid);
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) throws GpuException {
        return whole("instances").instances(gpuUuid);
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) throws GpuException {
        return whole("createGpuInstance").createGpuInstance(gpuUuid, profile, placement);
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance, int computeSlices) throws GpuException {
        return whole("createComputeInstance").createComputeInstance(instance, computeSlices);
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) throws GpuException {
        whole("destroyComputeInstance").destroyComputeInstance(instance, computeInstance);
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) throws GpuException {
        whole("destroyGpuInstance").destroyGpuInstance(instance);
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) throws GpuException {
        return whole("processes").processes(gpuUuid);
    }

    @Override
    public GpuUsage usage(String gpuUuid) throws GpuException {
        return whole("usage").usage(gpuUuid);
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) throws GpuException {
        return whole("engines").engines(gpuUuid);
    }

    @Override
    public GpuFeatures features(String gpuUuid) throws GpuException {
        return whole("features").features(gpuUuid);
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) throws GpuException {
        return whole("recoveryAction").recoveryAction(gpuUuid);
    }

    @Override
    public GpuEvents events() throws GpuException {
        return whole("events").events();
    }

    @Override
    public String bootId() throws GpuException {
        return whole("bootId").bootId();
    }

    @Override
    public void close() {
        whole("close").close();
    }

    @Override
    public Optional<DriverVersions> versions() throws GpuException {
        return whole("versions").versions();
    }

    @Override
    public List<GpuLink> links() throws GpuException {
        return whole("links").links();
    }

    @Override
    public Optional<MigModeSwitch> modeSwitch() {
        return whole("modeSwitch").modeSwitch();
    }
}
