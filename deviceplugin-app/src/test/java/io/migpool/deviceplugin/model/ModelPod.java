package io.migpool.deviceplugin.model;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.instance.Slice;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A pod as kubelet and its container have it. */
final class ModelPod {

    private final String uid;
    private final NavigableSet<String> slots;
    private final Duration grace;
    /** What its container uses; empty while none runs. */
    private Map<Slice, MigRuntime> running = Map.of();

    private boolean everStarted;

    ModelPod(String uid, NavigableSet<String> slots, Duration grace) {
        this.uid = uid;
        this.slots = slots;
        this.grace = grace;
    }

    String uid() {
        return uid;
    }

    NavigableSet<String> slots() {
        return slots;
    }

    /** How long kubelet gives its container to end. */
    Duration grace() {
        return grace;
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
        // In the same order in every JVM, so that a seed repeats its history.
        running = Collections.unmodifiableMap(new TreeMap<>(runtimes));
        everStarted = true;
    }

    /** What it had is gone with its GPU. */
    void lostAll() {
        running = Map.of();
    }

    /** Of what it has, it loses what has no such MIG UUID. */
    void keepOnly(Predicate<String> migUuid) {
        Map<Slice, MigRuntime> kept = new TreeMap<>(running);
        kept.values().removeIf(runtime -> !migUuid.test(runtime.migUuid()));
        running = Collections.unmodifiableMap(kept);
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
