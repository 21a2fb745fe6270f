package io.migpool.extender.observe;

import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.FilterOutcome;
import io.migpool.runtime.trace.PodTraces;
import io.migpool.runtime.trace.TracedPod;
import io.migpool.runtime.trace.Work;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Records filter and bind as spans in the trace of each pod, under a span from its first filter until it is bound. */
public final class VerbTraces {

    private static final String RESULT = "result";
    private static final String NODE = "k8s.node.name";
    private static final int MOST_WAITING = 10_000;

    private final PodTraces traces;
    private final InstantSource clock;

    /** Guards {@link #firstAsked}. */
    private final ReentrantLock lock = new ReentrantLock();

    /** When the scheduler first asked about pods that are not bound, by uid; the oldest are forgotten. */
    private final Map<String, Instant> firstAsked = new LinkedHashMap<>();

    public VerbTraces(PodTraces traces, InstantSource clock) {
        this.traces = traces;
        this.clock = clock;
    }

    /** Records a filter that ended just now, after {@code nanos} nanoseconds. */
    public void filtered(PodKey pod, FilterOutcome outcome, long nanos) {
        if (!traces.isOn() || outcome instanceof FilterOutcome.PassThrough) {
            return;
        }
        Instant begin = clock.instant().minusNanos(nanos);
        remember(pod.uid(), begin);
        Map<String, String> attributes =
                switch (outcome) {
                    case FilterOutcome.Placed(var nodes, var _) -> Map.of(RESULT, "placed", NODE, nodes.getFirst());
                    case FilterOutcome.Refused(var _, var _) -> Map.of(RESULT, "refused");
                    case FilterOutcome.Retry(var _) -> Map.of(RESULT, "retry");
                    case FilterOutcome.PassThrough() -> Map.of();
                };
        String failure = outcome instanceof FilterOutcome.Retry(String message) ? message : "";
        traces.tell(traced(pod), new Work("filter", begin, attributes, failure));
    }

    /**
     * Records a bind that ended just now, after {@code nanos} nanoseconds.
     *
     * @param failure why the pod is not bound, if it is not
     */
    public void bound(PodKey pod, String node, Optional<String> failure, long nanos) {
        if (!traces.isOn()) {
            return;
        }
        Instant begin = clock.instant().minusNanos(nanos);
        traces.tell(traced(pod), new Work("bind", begin, Map.of(NODE, node), failure.orElse("")));
        if (failure.isEmpty()) {
            forget(pod.uid()).ifPresent(first -> traces.scheduled(traced(pod), first));
        }
    }

    private void remember(String uid, Instant begin) {
        lock.lock();
        try {
            firstAsked.putIfAbsent(uid, begin);
            if (firstAsked.size() > MOST_WAITING) {
                firstAsked.remove(firstAsked.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    private Optional<Instant> forget(String uid) {
        lock.lock();
        try {
            return Optional.ofNullable(firstAsked.remove(uid));
        } finally {
            lock.unlock();
        }
    }

    private static TracedPod traced(PodKey pod) {
        return new TracedPod(pod.uid(), pod.namespace(), pod.name());
    }
}
