package io.migpool.testbed.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The running cluster as the demo uses it: pods in the default namespace, and how they fare. */
final class Pool {

    private static final String NAMESPACE = "default";
    private static final long LONGEST_SECONDS = 30;
    private static final String RUNNING = "Running";
    private static final String BOUND = "BindingSucceed";

    private final EmbeddedCluster cluster;
    private final Terminal terminal;

    Pool(EmbeddedCluster cluster, Terminal terminal) {
        this.cluster = cluster;
        this.terminal = terminal;
    }

    EmbeddedCluster cluster() {
        return cluster;
    }

    void create(Pod pod) {
        cluster.client().pods().inNamespace(NAMESPACE).resource(pod).create();
    }

    /** Creates a pod and waits until it runs. */
    Pod run(Pod pod) throws Exception {
        create(pod);
        return awaitRunning(pod.getMetadata().getName());
    }

    /**
     * Waits until a pod runs.
     *
     * @throws DemoFailedException if it does not within half a minute; has the reason that the pod reports
     */
    Pod awaitRunning(String name) throws Exception {
        Pod pod = terminal.progress("pod " + name, () -> await(name, this::hasStarted));
        if (!RUNNING.equals(phase(pod)) && !"Succeeded".equals(phase(pod))) {
            throw new DemoFailedException("pod %s should run but is %s: %s"
                    .formatted(name, phase(pod), whyNot(pod).orElse("no reason given")));
        }
        return pod;
    }

    private boolean hasStarted(Pod pod) {
        return !"Pending".equals(phase(pod));
    }

    /** Waits until the scheduler has reported why a pod does not fit. */
    String awaitRefusal(String name) throws Exception {
        Pod pod = terminal.progress(
                "the scheduler's answer for pod " + name,
                () -> await(name, p -> whyNot(p).isPresent() || hasStarted(p)));
        return whyNot(pod).orElseThrow(() -> new DemoFailedException("pod " + name + " should not fit but runs"));
    }

    private Pod await(String name, Predicate<Pod> condition) {
        return cluster.client()
                .pods()
                .inNamespace(NAMESPACE)
                .withName(name)
                .waitUntilCondition(pod -> pod != null && condition.test(pod), LONGEST_SECONDS, TimeUnit.SECONDS);
    }

    /** Deletes a pod and waits until it is gone. */
    void delete(String name) throws Exception {
        terminal.progress("pod " + name + " is gone", () -> {
            cluster.client().pods().inNamespace(NAMESPACE).withName(name).delete();
            return cluster.client()
                    .pods()
                    .inNamespace(NAMESPACE)
                    .withName(name)
                    .waitUntilCondition(java.util.Objects::isNull, LONGEST_SECONDS, TimeUnit.SECONDS);
        });
    }

    /** Returns the MIG UUIDs of the running pods, by pod, from their annotations. */
    Map<String, List<String>> migUuids() throws MalformedAnnotationException {
        Map<String, List<String>> uuids = new TreeMap<>();
        for (Pod pod : cluster.client().pods().inNamespace(NAMESPACE).list().getItems()) {
            if (RUNNING.equals(phase(pod))) {
                List<String> own = migUuids(pod);
                if (!own.isEmpty()) {
                    uuids.put(pod.getMetadata().getName(), own);
                }
            }
        }
        return uuids;
    }

    static List<String> migUuids(Pod pod) throws MalformedAnnotationException {
        return MigAllocations.decode(pod.getMetadata().getAnnotations().getOrDefault(Annotations.MIG_ALLOCATIONS, ""))
                .stream()
                .map(MigAllocation::runtime)
                .filter(java.util.Objects::nonNull)
                .map(MigRuntime::migUuid)
                .distinct()
                .toList();
    }

    /** Returns where the extender put a pod, in its own words. */
    Optional<String> explanation(String name) {
        return cluster.client().events().v1().events().inNamespace(NAMESPACE).list().getItems().stream()
                .filter(event -> name.equals(event.getRegarding().getName()))
                .filter(event -> BOUND.equals(event.getReason()))
                .max(Comparator.comparingLong(
                        event -> Long.parseLong(event.getMetadata().getResourceVersion())))
                .map(Event::getNote);
    }

    static Optional<String> whyNot(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .filter(condition ->
                        "PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus()))
                .map(PodCondition::getMessage)
                .findFirst()
                .or(() -> Optional.ofNullable(pod.getStatus().getMessage()));
    }

    static String phase(Pod pod) {
        return String.valueOf(pod.getStatus().getPhase());
    }

    void drawStrips() throws MalformedAnnotationException {
        GpuStrip strip = new GpuStrip(terminal);
        PoolView.read(cluster.client()).gpus().forEach(gpu -> terminal.line(strip.draw(gpu)));
    }
}
