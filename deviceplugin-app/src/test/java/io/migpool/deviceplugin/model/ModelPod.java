package io.migpool.deviceplugin.model;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.Slice;
import java.util.Map;
import java.util.NavigableSet;

/** A pod as kubelet and its container have it. */
final class ModelPod {

    private final String uid;
    private final NavigableSet<String> slots;
    /** What its container uses; empty while none runs. */
    private Map<Slice, MigRuntime> running = Map.of();

    private boolean everStarted;

    ModelPod(String uid, NavigableSet<String> slots) {
        this.uid = uid;
        this.slots = slots;
    }

    String uid() {
        return uid;
    }

    NavigableSet<String> slots() {
        return slots;
    }

    Map<Slice, MigRuntime> running() {
        return running;
    }

    boolean isRunning() {
        return !running.isEmpty();
    }

    boolean hasEverStarted() {
        return everStarted;
    }

    void runsOn(Map<Slice, MigRuntime> runtimes) {
        running = Map.copyOf(runtimes);
        everStarted = true;
    }

    /** What it had is gone with its GPU. */
    void lostAll() {
        running = Map.of();
    }

    boolean uses(GpuInstance instance) {
        return running.entrySet().stream()
                .anyMatch(entry -> entry.getKey().gpuUuid().equals(instance.gpuUuid())
                        && entry.getValue().gpuInstanceId() == instance.id());
    }

    boolean isOn(String gpuUuid) {
        return running.keySet().stream().anyMatch(slice -> slice.gpuUuid().equals(gpuUuid));
    }
}
