package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.PodKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One replica serves requests of many threads while another thread delivers the events of their pods. */
class ThreadsTest {

    private static final int THREADS = 4;
    private static final int PODS = 1000;
    private static final int MOST_RUNNING = 4;
    private static final long PATIENCE_MINUTES = 5;
    private static final List<String> NODES = List.of("n1", "n2", "n3");
    private static final List<String> SIZES = List.of("5000", "9000", "18000", "30000", "70000");

    private final BindingServer api = new BindingServer();
    private final Scheduling scheduling = new Scheduling(api)
            .node("n1", Boards.a10080("a", 0))
            .node("n2", Boards.a10080("b", 0), Boards.a30("c", 1))
            .node("n3", Boards.shared("d", 0, Taken.SLOTS, Taken.MEMORY_MIB));

    /** Guarded by the lock of {@link #api}. */
    private final Taken taken = new Taken();

    /** The events of the watch of pods, in the order in which they happened. */
    private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();

    @Test
    void requestsAndEventsThatMeetShareNothingTwice() throws Exception {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", Long.toString(Taken.QUOTA_MIB)));
        api.onBinding(pod -> {
            taken.take(pod);
            events.add(() -> scheduling.cluster.podChanged(pod));
        });
        api.beforeBinding = Thread::yield;
        List<Future<Integer>> workers = new ArrayList<>();
        int bound = 0;
        ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory());
        try {
            Future<?> watch = threads.submit(this::tell);
            for (int i = 0; i < THREADS; i++) {
                int worker = i;
                workers.add(threads.submit((Callable<Integer>) () -> work(worker)));
            }
            for (Future<Integer> worker : workers) {
                bound += worker.get(PATIENCE_MINUTES, TimeUnit.MINUTES);
            }
            events.add(() -> {
                throw new EndOfWatch();
            });
            watch.get(PATIENCE_MINUTES, TimeUnit.MINUTES);
        } finally {
            // When one has failed, nothing waits for the others.
            threads.shutdownNow();
        }
        assertThat(taken.tooMuch()).isEmpty();
        // How many find room depends on how soon the watch reports those that have ended.
        assertThat(bound).isGreaterThan(THREADS * PODS / 100);
        assertThat(scheduling.book.all()).isEmpty();
        assertThat(scheduling.cluster.nodes())
                .flatMap(node -> node.gpus())
                .allSatisfy(gpu -> assertThat(gpu.takenPermille()).isZero());
    }

    private static final class EndOfWatch extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private void tell() {
        try {
            while (true) {
                events.take().run();
            }
        } catch (EndOfWatch e) {
            assertThat(events).isEmpty();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns how many of its pods were bound. */
    private int work(int worker) {
        Random random = new Random(worker);
        List<Pod> running = new ArrayList<>();
        int bound = 0;
        for (int i = 0; i < PODS; i++) {
            Pod pod = create("p-%d-%d".formatted(worker, i), random);
            if (scheduling.filter.filter(pod, NODES) instanceof FilterOutcome.Placed(var nodes, var _)) {
                // Not always the node that was promised.
                String node = random.nextInt(4) > 0 ? nodes.getFirst() : NODES.get(random.nextInt(NODES.size()));
                bound += scheduling.bind(pod, node).isEmpty() ? 1 : 0;
            }
            running.add(pod);
            while (running.size() > random.nextInt(MOST_RUNNING)) {
                end(running.remove(random.nextInt(running.size())));
            }
        }
        running.forEach(this::end);
        return bound;
    }

    private Pod create(String name, Random random) {
        Pod pod = api.put(KubernetesObjects.pod(
                name,
                "gpu",
                Integer.toString(1 + random.nextInt(2)),
                "gpumem",
                SIZES.get(random.nextInt(SIZES.size()))));
        events.add(() -> scheduling.cluster.podChanged(pod));
        return pod;
    }

    private void end(Pod pod) {
        synchronized (api) {
            api.delete(pod);
            taken.free(pod.getMetadata().getUid());
            events.add(() ->
                    scheduling.cluster.podGone(PodKey.of(pod.getMetadata()).uid()));
        }
    }
}
