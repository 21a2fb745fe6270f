package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Pods for callers with a deadline of their own: no call to the API server takes longer. A call in progress is
 * cancelled; as after a broken connection, it is then unknown whether it took effect.
 */
final class TimelyPods implements Pods {

    private final Pods pods;
    private final InstantSource clock;
    private final Instant deadline;

    TimelyPods(Pods pods, InstantSource clock, Instant deadline) {
        this.pods = pods;
        this.clock = clock;
        this.deadline = deadline;
    }

    @Override
    public Optional<Pod> watched(String uid) {
        return pods.watched(uid);
    }

    @Override
    public Optional<List<Pod>> all() {
        return pods.all();
    }

    @Override
    public Optional<Pod> read(String namespace, String name) throws ClusterException {
        return inTime("reading pod " + namespace + "/" + name, () -> pods.read(namespace, name));
    }

    @Override
    public void mark(Pod base, Map<String, String> annotations, Map<String, String> labels) throws ClusterException {
        var _ = inTime("marking pod " + base.getMetadata().getName(), () -> {
            pods.mark(base, annotations, labels);
            return true;
        });
    }

    @Override
    public boolean evict(Pod pod) throws ClusterException {
        return inTime("evicting pod " + pod.getMetadata().getName(), () -> pods.evict(pod));
    }

    private <T> T inTime(String what, Callable<T> call) throws ClusterException {
        Duration left = Duration.between(clock.instant(), deadline);
        if (!left.isPositive()) {
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, what + ": no time is left for it");
        }
        FutureTask<T> answer = new FutureTask<>(call);
        Thread caller = Thread.ofVirtual().name("timely-call").start(answer);
        try {
            return answer.get(left.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ClusterException(
                    ClusterException.Code.UNAVAILABLE,
                    "%s: no answer within %d ms".formatted(what, left.toMillis()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException(ClusterException.Code.UNAVAILABLE, what + ": interrupted", e);
        } catch (ExecutionException e) {
            throw refusal(what, e);
        } finally {
            // Has no effect on one that has ended.
            caller.interrupt();
        }
    }

    /** Returns the API server's refusal; throws any other failure. */
    private static ClusterException refusal(String what, ExecutionException e) {
        return switch (e.getCause()) {
            case ClusterException refused -> refused;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> throw new IllegalStateException(what + " failed", e);
        };
    }
}
