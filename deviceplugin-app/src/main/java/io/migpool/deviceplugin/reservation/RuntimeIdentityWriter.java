package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.BindPhase;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.contracts.wire.PodDevices;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Writes back to a pod what was realised for it: the identity of its instances, bind-phase {@code success}, nothing
 * left to allocate, and a label that names the node. This never delays a container start: it happens afterwards, and
 * failures are retried.
 */
public final class RuntimeIdentityWriter implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RuntimeIdentityWriter.class.getName());
    private static final int MOST_WAITING = 1024;
    private static final int LONGEST_LABEL = 63;
    private static final int CONFLICTS_IN_A_ROW = 5;
    private static final Duration IDLE_CHECK = Duration.ofMinutes(1);

    private final Pods pods;
    private final ReservedSlices slices;
    private final Map<String, Receipt> waiting = new ConcurrentHashMap<>();
    /** By uid, the last log message about a waiting pod, so that it is not repeated. */
    private final Map<String, String> told = new ConcurrentHashMap<>();

    private final Loop loop = Loop.of("runtime-identity", IDLE_CHECK, this::writeAll);

    /** A realised pod to write back. */
    private record Receipt(Events.PodRef pod, String uid, Map<Slice, MigRuntime> runtimes) {}

    /** @param slices resolves the names in reservations */
    public RuntimeIdentityWriter(Pods pods, ReservedSlices slices) {
        this.pods = pods;
        this.slices = slices;
    }

    public void start() {
        loop.start();
    }

    /**
     * Requests that a pod be written back; a later call for the same pod replaces an earlier one.
     *
     * @param runtimes identity of each of its instances; empty on software-shared GPUs
     */
    public void write(String namespace, String name, String uid, Map<Slice, MigRuntime> runtimes) {
        if (waiting.size() >= MOST_WAITING && !waiting.containsKey(uid)) {
            LOG.log(
                    Level.WARNING,
                    "{0} pods are waiting to be written back; skipping {1}/{2}",
                    MOST_WAITING,
                    namespace,
                    name);
            return;
        }
        waiting.put(uid, new Receipt(new Events.PodRef(namespace, name, Optional.of(uid)), uid, Map.copyOf(runtimes)));
        loop.wake();
    }

    /** Requests the same for a pod whose annotations do not say it, as after a restart that came before the writing. */
    void writeMissing(Pod pod, Map<Slice, MigRuntime> runtimes) {
        ObjectMeta meta = pod.getMetadata();
        try {
            if (!annotations(pod, runtimes).isEmpty() || !labels(pod).isEmpty()) {
                write(meta.getNamespace(), meta.getName(), meta.getUid(), runtimes);
            }
        } catch (MalformedAnnotationException e) {
            LOG.log(Level.TRACE, "pod " + meta.getName() + " cannot be written back", e);
        }
    }

    /** Tries again what could not be written: the API server answers. */
    public void retry() {
        loop.wake();
    }

    /** Returns the number of pods that are not written back yet. */
    public int waiting() {
        return waiting.size();
    }

    Loop.Next writeAll() {
        Loop.Next next = Loop.Next.AFTER_PAUSE;
        for (Receipt receipt : List.copyOf(waiting.values())) {
            if (isSettled(receipt)) {
                waiting.remove(receipt.uid(), receipt);
                told.remove(receipt.uid());
            } else {
                next = Loop.Next.RETRY_SOON;
            }
        }
        return next;
    }

    /**
     * Returns whether nothing is left to do: it is written, or the pod is gone, or its annotations are malformed. A
     * refusal by a policy is retried, because the policy may change.
     */
    private boolean isSettled(Receipt receipt) {
        for (int conflict = 0; conflict < CONFLICTS_IN_A_ROW; conflict++) {
            try {
                Optional<Pod> pod = current(receipt, conflict > 0);
                if (pod.isEmpty()) {
                    return true;
                }
                Map<String, String> annotations = annotations(pod.get(), receipt.runtimes());
                Map<String, String> labels = labels(pod.get());
                if (!annotations.isEmpty() || !labels.isEmpty()) {
                    pods.mark(pod.get(), annotations, labels);
                }
                return true;
            } catch (MalformedAnnotationException e) {
                LOG.log(Level.WARNING, "pod {0} is not written back: {1}", receipt.pod(), e.getMessage());
                return true;
            } catch (ClusterException e) {
                switch (e.code()) {
                    case GONE -> {
                        return true;
                    }
                    case CONFLICT -> LOG.log(Level.DEBUG, "pod changed, read again: {0}", e.getMessage());
                    case UNAVAILABLE, REFUSED -> {
                        String why = e.code() + ": " + e.getMessage();
                        LOG.log(
                                why.equals(told.put(receipt.uid(), why)) ? Level.DEBUG : Level.WARNING,
                                "cannot write pod {0} back yet: {1}",
                                receipt.pod(),
                                why);
                        return false;
                    }
                }
            }
        }
        return false;
    }

    private Optional<Pod> current(Receipt receipt, boolean afterConflict) throws ClusterException {
        Optional<Pod> watched = afterConflict ? Optional.empty() : pods.watched(receipt.uid());
        Optional<Pod> pod = watched.isPresent()
                ? watched
                : pods.read(receipt.pod().namespace(), receipt.pod().name());
        return pod.filter(p -> receipt.uid().equals(p.getMetadata().getUid()));
    }

    /** Returns the annotations to change. */
    private Map<String, String> annotations(Pod pod, Map<Slice, MigRuntime> runtimes)
            throws MalformedAnnotationException {
        Map<String, String> present =
                Optional.ofNullable(pod.getMetadata().getAnnotations()).orElse(Map.of());
        Map<String, String> wanted = new TreeMap<>();
        String allocations = present.get(Annotations.MIG_ALLOCATIONS);
        if (allocations != null) {
            wanted.put(
                    Annotations.MIG_ALLOCATIONS,
                    MigAllocations.encode(MigAllocations.decode(allocations).stream()
                            .map(allocation -> realised(allocation, runtimes))
                            .toList()));
        }
        String left = present.get(Annotations.DEVICES_TO_ALLOCATE);
        if (left != null) {
            int containers = PodDevices.decode(Annotations.DEVICES_TO_ALLOCATE, left)
                    .containers()
                    .size();
            wanted.put(Annotations.DEVICES_TO_ALLOCATE, ";".repeat(containers));
        }
        wanted.put(Annotations.BIND_PHASE, BindPhase.SUCCESS.wireName());
        return wanted.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(present.get(entry.getKey())))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, _) -> a, TreeMap::new));
    }

    /** Returns the labels to change. Names of nodes may be longer than label values. */
    private static Map<String, String> labels(Pod pod) {
        String node = pod.getSpec().getNodeName();
        Map<String, String> present =
                Optional.ofNullable(pod.getMetadata().getLabels()).orElse(Map.of());
        return node.length() > LONGEST_LABEL || node.equals(present.get(Annotations.VGPU_NODE_LABEL))
                ? Map.of()
                : Map.of(Annotations.VGPU_NODE_LABEL, node);
    }

    private MigAllocation realised(MigAllocation allocation, Map<Slice, MigRuntime> runtimes) {
        MigRuntime runtime = runtimes.get(slices.of(allocation));
        return runtime == null ? allocation : allocation.realised(runtime);
    }

    @Override
    public void close() {
        loop.close();
    }
}
