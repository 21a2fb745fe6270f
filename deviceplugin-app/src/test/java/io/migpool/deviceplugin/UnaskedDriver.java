package io.migpool.deviceplugin;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvents;
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

/** A driver that must not be asked anything. */
final class UnaskedDriver implements GpuDriver {

    private static AssertionError asked(String call) {
        return new AssertionError("the driver was asked: " + call);
    }

    @Override
    public List<GpuDescription> gpus() {
        throw asked("gpus");
    }

    @Override
    public MigMode migMode(String gpuUuid) {
        throw asked("migMode");
    }

    @Override
    public MigMode enableMig(String gpuUuid) {
        throw asked("enableMig");
    }

    @Override
    public List<GpuInstance> instances(String gpuUuid) {
        throw asked("instances");
    }

    @Override
    public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement) {
        throw asked("createGpuInstance");
    }

    @Override
    public ComputeInstance createComputeInstance(GpuInstance instance) {
        throw asked("createComputeInstance");
    }

    @Override
    public void destroyComputeInstance(GpuInstance instance, ComputeInstance computeInstance) {
        throw asked("destroyComputeInstance");
    }

    @Override
    public void destroyGpuInstance(GpuInstance instance) {
        throw asked("destroyGpuInstance");
    }

    @Override
    public List<GpuProcess> processes(String gpuUuid) {
        throw asked("processes");
    }

    @Override
    public GpuUsage usage(String gpuUuid) {
        throw asked("usage");
    }

    @Override
    public Map<MigProfile, GpuFeatures.Engines> engines(String gpuUuid) {
        throw asked("engines");
    }

    @Override
    public GpuFeatures features(String gpuUuid) {
        throw asked("features");
    }

    @Override
    public Optional<RecoveryAction> recoveryAction(String gpuUuid) {
        throw asked("recoveryAction");
    }

    @Override
    public GpuEvents events() {
        throw asked("events");
    }

    @Override
    public Optional<DriverVersions> versions() {
        throw asked("versions");
    }

    @Override
    public List<GpuLink> links() {
        throw asked("links");
    }

    @Override
    public String bootId() {
        throw asked("bootId");
    }

    @Override
    public Optional<MigModeSwitch> modeSwitch() {
        throw asked("modeSwitch");
    }

    @Override
    public void close() {
        throw asked("close");
    }
}
