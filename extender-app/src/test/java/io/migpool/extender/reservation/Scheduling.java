package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.extender.Objects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.FirstFit;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.Planner;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The verbs over a hand-fed cluster, a clock that is set, and an API server that answers as told. */
final class Scheduling implements BindingPort, SchedulingObserver {

    /** How the API server treats the next Binding. */
    enum Answer {
        /** Binds the pod, answers. */
        BIND,
        /** Binds the pod, and the answer is lost. */
        BIND_SILENTLY,
        /** Loses the request. */
        LOSE,
        /** Does not answer, and may bind the pod within the next minute. */
        DELAY,
        /** Cannot be reached. */
        UNREACHABLE,
        /** Refuses. */
        FORBID
    }

    private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(60);

    private record Delayed(PodKey pod, String node, Map<String, String> annotations, Instant end) {}

    private final List<Delayed> delayed = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    final InstantSource clock = () -> now;
    final ClusterState cluster = new ClusterState(DeviceSettings.DEFAULT);
    final HoldBook book = new HoldBook(cluster);
    private final Planner planner = new Planner(new FirstFit());
    final Filter filter = new Filter(cluster, book, planner, SchedulingSettings.DEFAULT, this, clock);
    final Prioritizer prioritizer = new Prioritizer(book);
    final Preemption preemption = new Preemption(cluster, book, planner);
    final Binder binder = new Binder(cluster, book, planner, SchedulingSettings.DEFAULT, this, this, clock, this::pass);

    /** Pods at the API server by namespace and name; the cluster view sees them only when told. */
    final Map<String, Pod> server = new TreeMap<>();

    final Deque<Answer> answers = new ArrayDeque<>();
    final List<String> told = new ArrayList<>();
    boolean readable = true;

    Scheduling() {
        cluster.addListener(book);
        cluster.allNodesListed();
        cluster.allPodsListed();
        cluster.allQuotasListed();
        cluster.allNamespacesListed();
    }

    Scheduling node(String name, GpuInventory... gpus) {
        cluster.nodeChanged(Objects.node(name, gpus));
        return this;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** Creates a pod with one container. */
    Pod create(String name, String... limits) {
        Pod pod = Objects.pod(name, limits);
        server.put(PodKey.of(pod.getMetadata()).toString(), pod);
        cluster.podChanged(pod);
        return pod;
    }

    /** Deletes the pod, and the cluster view sees it. */
    void delete(Pod pod) {
        server.remove(PodKey.of(pod.getMetadata()).toString());
        cluster.podGone(pod.getMetadata().getUid());
    }

    /** Lets the cluster view see the pod as the API server has it. */
    void show(Pod pod) {
        cluster.podChanged(java.util.Objects.requireNonNull(
                server.get(PodKey.of(pod.getMetadata()).toString())));
    }

    FilterOutcome filter(Pod pod, String... nodes) {
        return filter.filter(pod, List.of(nodes));
    }

    /** The nodes that take the pod. */
    List<String> fits(Pod pod, String... nodes) {
        FilterOutcome outcome = filter(pod, nodes);
        if (!(outcome instanceof FilterOutcome.Placed placed)) {
            throw new AssertionError("not placed: " + outcome);
        }
        return placed.nodes();
    }

    Optional<String> bind(Pod pod, String node) {
        return binder.bind(PodKey.of(pod.getMetadata()), node);
    }

    Optional<Hold.State> state(Pod pod) {
        return book.of(pod.getMetadata().getUid()).map(Hold::state);
    }

    @Override
    public Attempt bind(PodKey key, String node, Map<String, String> annotations) {
        Answer answer = answers.isEmpty() ? Answer.BIND : answers.removeFirst();
        return switch (answer) {
            case LOSE -> new Attempt.Unclear("timed out");
            case DELAY -> {
                delayed.add(new Delayed(key, node, annotations, now.plus(SERVER_TIMEOUT)));
                yield new Attempt.Unclear("timed out");
            }
            case UNREACHABLE -> new Attempt.NotTaken("connection refused");
            case FORBID -> new Attempt.Refused("forbidden");
            case BIND_SILENTLY -> {
                land(key, node, annotations);
                yield new Attempt.Unclear("timed out");
            }
            case BIND -> land(key, node, annotations);
        };
    }

    /** Lets the oldest request land that is still under way at the API server. */
    void landDelayed() {
        delayed.removeIf(request -> request.end().isBefore(now));
        if (!delayed.isEmpty()) {
            Delayed request = delayed.removeFirst();
            land(request.pod(), request.node(), request.annotations());
        }
    }

    /** What the API server does with a Binding. */
    Attempt land(PodKey key, String node, Map<String, String> annotations) {
        Pod pod = server.get(key.toString());
        if (pod == null) {
            return new Attempt.Refused("not found");
        }
        if (!pod.getMetadata().getUid().equals(key.uid()) || pod.getSpec().getNodeName() != null) {
            return new Attempt.Conflict("conflict");
        }
        server.put(
                key.toString(),
                new PodBuilder(pod)
                        .editMetadata()
                        .addToAnnotations(annotations)
                        .endMetadata()
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build());
        return new Attempt.Bound();
    }

    @Override
    public Reading read(PodKey key) {
        if (!readable) {
            return new Reading.Unclear("timed out");
        }
        Pod pod = server.get(key.toString());
        return pod == null ? new Reading.Missing() : new Reading.Found(pod);
    }

    @Override
    public void bound(PodKey pod, Plan plan) {
        told.add(pod.name() + " bound: " + plan.text());
    }

    @Override
    public void refused(PodKey pod, String text) {
        told.add(pod.name() + " refused: " + text);
    }

    @Override
    public void bindFailed(PodKey pod, String node, String text) {
        told.add(pod.name() + " not bound to " + node + ": " + text);
    }
}
