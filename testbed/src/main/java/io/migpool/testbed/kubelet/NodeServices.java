package io.migpool.testbed.kubelet;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/** Objects that the workers of all pods of a node share. */
final class NodeServices {

    private static final int ADDRESSES_PER_BLOCK = 250;

    final ContainerRuntime runtime;
    final DeviceAllocator devices;
    final AdmissionCheck check;
    final ContainerStarter starter;
    final PodApi api;
    final NodeTime time;
    final KubeletTiming timing;
    final String hostIp;
    final int podNetwork;

    /** True while kubelet is down, when the workers pause. */
    final AtomicBoolean down = new AtomicBoolean();

    /** The latest start of kubelet; every pod is re-admitted after each. */
    final AtomicReference<KubeletStart> start = new AtomicReference<>(new KubeletStart(0, 0, List.of()));

    /** Held while a pod is admitted, because kubelet admits one after another. Fair, to keep the order of arrival. */
    final ReentrantLock admission = new ReentrantLock(true);

    private final AtomicInteger addresses = new AtomicInteger();
    private final Random random;

    NodeServices(
            KubeletOptions options,
            ContainerRuntime runtime,
            DeviceAllocator devices,
            AdmissionCheck check,
            ContainerStarter starter,
            PodApi api,
            NodeTime time) {
        this.runtime = runtime;
        this.devices = devices;
        this.check = check;
        this.starter = starter;
        this.api = api;
        this.time = time;
        this.timing = options.timing();
        this.hostIp = options.hostIp();
        this.podNetwork = Math.floorMod(options.nodeName().hashCode(), 128) + 64;
        this.random = new Random(options.seed());
    }

    String nextPodIp() {
        var next = addresses.getAndIncrement();
        return "10.%d.%d.%d".formatted(podNetwork, next / ADDRESSES_PER_BLOCK % 256, next % ADDRESSES_PER_BLOCK + 1);
    }

    /** Returns the wait before a failed start is retried, drawn evenly between the two bounds. */
    Duration startRetry() {
        var min = timing.startRetryMin().toNanos();
        var width = timing.startRetryMax().toNanos() - min;
        return Duration.ofNanos(min + (width == 0 ? 0 : random.nextLong(width)));
    }
}
