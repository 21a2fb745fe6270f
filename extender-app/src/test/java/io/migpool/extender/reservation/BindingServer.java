package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.extender.cluster.PodKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The pods at the API server, which treats Bindings as the test says, and the test's clock. While no answers are set and the clock
 * stands still, several threads may use it at once.
 */
final class BindingServer implements BindingPort {

    /** The API server's treatment of a Binding. */
    enum Answer {
        /** Binds the pod, answers. */
        BIND,
        /** Binds the pod, but loses the answer. */
        BIND_SILENTLY,
        /** Loses the request. */
        LOSE,
        /** Does not answer, but may bind the pod within the next minute. */
        DELAY,
        /** Cannot be reached. */
        UNREACHABLE,
        /** Refuses. */
        FORBID
    }

    private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(60);

    private record Delayed(PodKey pod, String node, Map<String, String> annotations, Instant end) {}

    private final List<Delayed> delayed = new ArrayList<>();
    private final List<Consumer<Pod>> bindings = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private long version;

    /** Pods by namespace and name; cluster views see them only when the test delivers them. */
    final Map<String, Pod> pods = new TreeMap<>();

    /** Answers to the next Bindings; without one, Bindings succeed. */
    final Deque<Answer> answers = new ArrayDeque<>();

    boolean readable = true;

    /** Runs while a Binding is in flight. */
    Runnable beforeBinding = () -> {};

    /** Adds a listener that is given every pod as it is bound. */
    void onBinding(Consumer<Pod> listener) {
        bindings.add(listener);
    }

    Instant now() {
        return now;
    }

    /** Returns the resourceVersion of a list made now. */
    String version() {
        return Long.toString(version);
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** Creates a pod, or replaces the one of that name. */
    synchronized Pod put(Pod pod) {
        Pod stored = new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(Long.toString(++version))
                .endMetadata()
                .build();
        pods.put(PodKey.of(pod.getMetadata()).toString(), stored);
        return stored;
    }

    synchronized void delete(Pod pod) {
        pods.remove(PodKey.of(pod.getMetadata()).toString());
        version++;
    }

    /** Returns the pod of that name as it is now. */
    Optional<Pod> current(Pod pod) {
        return Optional.ofNullable(pods.get(PodKey.of(pod.getMetadata()).toString()));
    }

    /** Returns the node to which a pod is bound, if it exists. */
    Optional<String> nodeOf(Pod pod) {
        return current(pod).map(present -> present.getSpec().getNodeName());
    }

    @Override
    public Attempt bind(PodKey key, String node, Map<String, String> annotations) {
        beforeBinding.run();
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

    /** Lets the oldest request that is still in flight land. */
    void landDelayed() {
        delayed.removeIf(request -> request.end().isBefore(now));
        if (!delayed.isEmpty()) {
            Delayed request = delayed.removeFirst();
            land(request.pod(), request.node(), request.annotations());
        }
    }

    /** Drops all requests in flight. */
    void dropDelayed() {
        delayed.clear();
    }

    /** Binds the pod as the API server does. */
    synchronized Attempt land(PodKey key, String node, Map<String, String> annotations) {
        Pod pod = pods.get(key.toString());
        if (pod == null) {
            return new Attempt.Refused("not found");
        }
        if (!pod.getMetadata().getUid().equals(key.uid()) || pod.getSpec().getNodeName() != null) {
            return new Attempt.Conflict("conflict");
        }
        Pod bound = put(new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations(annotations)
                .endMetadata()
                .editSpec()
                .withNodeName(node)
                .endSpec()
                .build());
        bindings.forEach(listener -> listener.accept(bound));
        return new Attempt.Bound();
    }

    @Override
    public synchronized Reading read(PodKey key) {
        if (!readable) {
            return new Reading.Unclear("timed out");
        }
        Pod pod = pods.get(key.toString());
        return pod == null ? new Reading.Missing() : new Reading.Found(pod);
    }
}
