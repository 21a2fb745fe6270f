package io.migpool.testbed.bench.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Creates pods as fast as a few clients can and watches each until it runs.
 *
 * @param client an administrator's client
 * @param pods number of pods
 */
record Rollout(KubernetesClient client, int pods) {

    private static final String NAMESPACE = "default";
    private static final int CLIENTS = 4;
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final long MEBIBYTE = 1 << 20;
    private static final double MEDIAN = 0.5;
    private static final int MOST_DESCRIBED = 10;
    private static final double HIGH = 0.99;

    /** When a pod reached each state, by {@link System#nanoTime}; 0 for not yet. */
    private static final class Track {
        private volatile long created;
        private volatile long bound;
        private volatile long running;
        /** Why it could not be created; empty if it could. */
        private volatile String refusal = "";
    }

    /**
     * The result.
     *
     * @param pods number of pods that ran
     * @param createdNanos until all were created
     * @param boundNanos until all were bound
     * @param runningNanos until all ran
     * @param cpuNanos processor time of this JVM in that time
     * @param heapMiB live heap with all pods running
     * @param toBound nanoseconds from creation to the node, of each pod, sorted
     * @param toRunning nanoseconds from creation to running, of each pod, sorted
     */
    record Result(
            int pods,
            long createdNanos,
            long boundNanos,
            long runningNanos,
            long cpuNanos,
            long heapMiB,
            List<Long> toBound,
            List<Long> toRunning) {

        String text() {
            return String.format(
                    Locale.ROOT,
                    """
                    %d pods: all created after %.1f s, bound after %.1f s, running after %.1f s
                      from creation to bound: p50 %.0f ms, p99 %.0f ms; to running: p50 %.0f ms, p99 %.0f ms
                      processor time %.1f s, live heap %d MiB
                    """,
                    pods,
                    createdNanos / NANOS_PER_SECOND,
                    boundNanos / NANOS_PER_SECOND,
                    runningNanos / NANOS_PER_SECOND,
                    millis(toBound, MEDIAN),
                    millis(toBound, HIGH),
                    millis(toRunning, MEDIAN),
                    millis(toRunning, HIGH),
                    cpuNanos / NANOS_PER_SECOND,
                    heapMiB);
        }

        void addTo(ObjectNode json) {
            json.put("pods", pods)
                    .put("created_s", createdNanos / NANOS_PER_SECOND)
                    .put("bound_s", boundNanos / NANOS_PER_SECOND)
                    .put("running_s", runningNanos / NANOS_PER_SECOND)
                    .put("cpu_s", cpuNanos / NANOS_PER_SECOND)
                    .put("heap_mib", heapMiB)
                    .put("bound_p50_ms", millis(toBound, MEDIAN))
                    .put("bound_p99_ms", millis(toBound, HIGH))
                    .put("running_p50_ms", millis(toRunning, MEDIAN))
                    .put("running_p99_ms", millis(toRunning, HIGH));
        }

        private static double millis(List<Long> sorted, double quantile) {
            return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(sorted.size() * quantile)))
                    / NANOS_PER_MILLI;
        }
    }

    /**
     * Runs the rollout.
     *
     * @throws IOException if not all pods run within five minutes, with the states of some that do not
     */
    Result run() throws IOException, InterruptedException {
        Map<String, Track> tracks = new ConcurrentHashMap<>();
        CountDownLatch left = new CountDownLatch(pods);
        long cpu = cpuNanos();
        long begin = System.nanoTime();
        try (SharedIndexInformer<Pod> _ = client.pods().inNamespace(NAMESPACE).inform(new Watcher(tracks, left));
                ExecutorService creators = Executors.newFixedThreadPool(CLIENTS)) {
            for (int i = 0; i < pods; i++) {
                String name = "pod-" + i;
                Track track = new Track();
                tracks.put(name, track);
                creators.execute(() -> create(name, track));
            }
            if (!left.await(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                creators.shutdownNow();
                throw new IOException("%d of %d pods do not run after %s: %s"
                        .formatted(left.getCount(), pods, LONGEST, missing(tracks)));
            }
        }
        long used = cpuNanos() - cpu;
        return new Result(
                pods,
                last(tracks, track -> track.created) - begin,
                last(tracks, track -> track.bound) - begin,
                last(tracks, track -> track.running) - begin,
                used,
                liveHeapMiB(),
                sorted(tracks, track -> track.bound - track.created),
                sorted(tracks, track -> track.running - track.created));
    }

    private void create(String name, Track track) {
        try {
            client.resource(pod(name)).create();
            track.created = System.nanoTime();
        } catch (KubernetesClientException e) {
            track.refusal = e.toString();
        }
    }

    /** Describes the first pods that do not run. */
    private String missing(Map<String, Track> tracks) {
        return tracks.entrySet().stream()
                .filter(entry -> entry.getValue().running == 0)
                .limit(MOST_DESCRIBED)
                .map(entry -> entry.getKey() + " "
                        + Optional.ofNullable(client.pods()
                                        .inNamespace(NAMESPACE)
                                        .withName(entry.getKey())
                                        .get())
                                .map(pod -> pod.getSpec().getNodeName() + " " + pod.getStatus())
                                .orElse("does not exist: " + entry.getValue().refusal))
                .collect(Collectors.joining("; "));
    }

    private record Watcher(Map<String, Track> tracks, CountDownLatch left) implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            seen(pod);
        }

        @Override
        public void onUpdate(Pod before, Pod now) {
            seen(now);
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            // Nothing is deleted here: a pod that disappears is noticed at the end.
        }

        private void seen(Pod pod) {
            Track track = tracks.get(pod.getMetadata().getName());
            if (track == null) {
                return;
            }
            if (track.bound == 0 && pod.getSpec().getNodeName() != null) {
                track.bound = System.nanoTime();
            }
            if (track.running == 0 && "Running".equals(pod.getStatus().getPhase())) {
                track.running = System.nanoTime();
                left.countDown();
            }
        }
    }

    private static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("ubuntu:22.04")
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity("1"))
                .addToLimits("nvidia.com/gpumem", new Quantity("8000"))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    private static long last(Map<String, Track> tracks, ToLongFunction<Track> moment) {
        return tracks.values().stream().mapToLong(moment).max().orElse(0);
    }

    private static List<Long> sorted(Map<String, Track> tracks, ToLongFunction<Track> time) {
        return tracks.values().stream().mapToLong(time).sorted().boxed().toList();
    }

    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static long liveHeapMiB() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEBIBYTE;
    }
}
