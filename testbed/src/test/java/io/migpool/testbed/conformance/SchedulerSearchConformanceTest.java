package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.SchedulerRig.EVERY_NODE;
import static io.migpool.testbed.conformance.SchedulerRig.SLICE;
import static io.migpool.testbed.conformance.SchedulerRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How long the scheduler waits for the extender, how it writes nodes, and which of a large cluster it offers. */
@ExtendWith(Subject.Provider.class)
class SchedulerSearchConformanceTest {

    /** A search ends no sooner, whatever the percentage. */
    private static final int LEAST = 100;

    private static final int NODES = 120;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    @AfterEach
    void stop() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void aFilterWithoutAnAnswerIsGivenUpAfterFiveSecondsAndRepeated(Subject subject) throws Exception {
        SchedulerRig rig = open(new SchedulerRig(subject));
        CompletableFuture<String> never = new CompletableFuture<>();
        open.push(() -> never.complete("{}"));
        AtomicLong first = new AtomicLong();
        AtomicLong second = new AtomicLong();
        rig.extender.onFilter = request -> {
            if (first.compareAndSet(0, System.nanoTime())) {
                return never.join();
            }
            second.compareAndSet(0, System.nanoTime());
            return EVERY_NODE.apply(request);
        };
        String node = rig.node("a", 1);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        assertThat(Duration.ofNanos(second.get() - first.get()))
                .isBetween(Duration.ofMillis(4_900), Duration.ofSeconds(20));
    }

    @Test
    void anExtenderThatKeepsNoNodesIsSentWholeOnesAndAnswersWithThem(Subject subject) throws Exception {
        SchedulerRig rig = open(new SchedulerRig(
                subject, Optional.empty(), configuration -> configuration.withNodeCacheCapable(false)));
        rig.extender.onFilter = request -> "{\"Nodes\":%s}".formatted(request.path("Nodes"));
        String node = rig.node("a", 1);

        rig.submit("p", SLICE);

        assertThat(rig.awaitBound("p")).isEqualTo(node);
        JsonNode filter = rig.extender.filters.getFirst();
        assertThat(filter.path("NodeNames").isNull()).isTrue();
        assertThat(filter.at("/Nodes/items/0/metadata/name").asText()).isEqualTo(node);
        assertThat(filter.at("/Nodes/items/0/status/allocatable/nvidia.com~1gpu")
                        .asText())
                .isEqualTo("1");
    }

    @Test
    void ofALargeClusterAHundredNodesAreOfferedAndTheRestToTheNextPod(Subject subject) throws Exception {
        SchedulerRig rig = open(new SchedulerRig(
                subject, Optional.empty(), configuration -> configuration.withPercentageOfNodesToScore(1)));
        IntStream.range(0, NODES).forEach(i -> rig.node("node-" + i, 50));
        awaitSampled(rig);
        int before = rig.extender.filters.size();

        rig.submit("one", SLICE);
        rig.awaitBound("one");
        rig.submit("two", SLICE);
        rig.awaitBound("two");

        assertThat(rig.extender.filtered(before)).hasSize(LEAST);
        Set<String> offered = new HashSet<>(rig.extender.filtered(before));
        offered.addAll(rig.extender.filtered(before + 1));
        assertThat(offered).as("the search goes on where it ended").hasSize(NODES);
    }

    /** Waits until pods are offered as many nodes as they ever are, twice with all of them. */
    private static void awaitSampled(SchedulerRig rig) {
        Set<String> known = new HashSet<>();
        AtomicLong attempt = new AtomicLong();
        await("the scheduler knows all nodes")
                .atMost(SOON)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(() -> {
                    String pod = "probe-" + attempt.incrementAndGet();
                    rig.submit(pod, SLICE);
                    rig.awaitBound(pod);
                    known.addAll(rig.extender.filtered(rig.extender.filters.size() - 1));
                    return known.size() == NODES;
                });
    }

    private <T extends AutoCloseable> T open(T resource) {
        open.push(resource);
        return resource;
    }
}
