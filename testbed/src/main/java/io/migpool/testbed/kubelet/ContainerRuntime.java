package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The node's container runtime: knows the running processes, independently of kubelet's view of their pods. */
final class ContainerRuntime {

    static final int KILLED = 137;
    static final int LOST = 255;

    private final Map<String, ContainerProcess> running = new ConcurrentHashMap<>();
    private final AtomicBoolean on = new AtomicBoolean(true);
    private final List<ContainerRuntimeListener> listeners;
    private final NodeTime time;

    ContainerRuntime(List<ContainerRuntimeListener> listeners, NodeTime time) {
        this.listeners = listeners;
        this.time = time;
    }

    /** Starts a process; once a power-off has begun, it is lost immediately. If a listener throws, it has not started. */
    void start(ContainerProcess process) {
        running.put(process.container().containerId(), process);
        try {
            listeners.forEach(listener -> listener.started(process.container()));
        } catch (RuntimeException e) {
            running.remove(process.container().containerId());
            throw e;
        }
        if (!on.get()) {
            end(process, LOST);
        }
    }

    void endAfter(ContainerProcess process, Duration wait, int code) {
        if (wait.isZero()) {
            end(process, code);
        } else {
            time.after(wait, () -> end(process, code));
        }
    }

    /** Ends a process; has no effect if it has already ended. */
    void end(ContainerProcess process, int code) {
        if (running.remove(process.container().containerId()) == null) {
            return;
        }
        listeners.forEach(listener -> listener.stopped(process.container()));
        process.ended(new ContainerProcess.Exit(code, time.instant()));
    }

    List<ContainerProcess> running() {
        return List.copyOf(running.values());
    }

    void powerOff() {
        on.set(false);
        running().forEach(process -> end(process, LOST));
    }

    void powerOn() {
        on.set(true);
    }
}
