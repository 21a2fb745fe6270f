package io.migpool.testbed.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.OperatingSystemMXBean;
import io.migpool.testbed.TestApi;
import io.migpool.testbed.kubelet.Kubelet;
import io.migpool.testbed.kubelet.KubeletOptions;
import io.migpool.testbed.kubelet.KubeletTiming;
import io.migpool.testbed.scheduler.Scheduler;
import io.migpool.testbed.scheduler.SchedulerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The cost of the stand-ins. It is measured in processor time of this JVM, so that a busy machine does not matter; the
 * budget is 30 s of two cores.
 */
class BudgetTest {

    private static final System.Logger LOG = System.getLogger(BudgetTest.class.getName());
    private static final int NODES = 10;
    private static final int PODS = 1000;
    private static final int CORES = 2;
    private static final Duration BUDGET = Duration.ofSeconds(30);
    private static final long MEBIBYTE = 1 << 20;
    private static final long HEAP_BUDGET_MIB = 192;
    private static final long GROWTH_BUDGET_MIB = 48;
    private static final Duration LONGEST = Duration.ofMinutes(4);

    private final TestApi api = new TestApi();
    private final Deque<AutoCloseable> open = new ArrayDeque<>(List.of(api));
    private final Path directory = temporaryDirectory();

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("mpb");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary directory", e);
        }
    }

    @BeforeEach
    void startNodes() {
        for (int i = 0; i < NODES; i++) {
            open.push(Kubelet.start(KubeletOptions.of("node-" + i, directory.resolve("n" + i), api.client)
                    .withTiming(KubeletTiming.kubernetes().scaledBy(0.02))));
        }
        open.push(Scheduler.start(SchedulerOptions.of(api.client.getConfiguration())));
    }

    @AfterEach
    void stop() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        Directories.delete(directory);
    }

    @Test
    void aThousandPodsAreCreatedBoundAndStartedWithinTheBudget() {
        long heapBefore = liveHeapMiB();
        long cpuBefore = cpuNanos();
        long begin = System.nanoTime();

        runPods();

        Duration cpu = Duration.ofNanos(cpuNanos() - cpuBefore);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
        long heap = liveHeapMiB() - heapBefore;
        LOG.log(
                System.Logger.Level.INFO,
                "{0} pods on {1} nodes ran after {2}; processor time {3}, heap {4} MiB more",
                PODS,
                NODES,
                elapsed,
                cpu,
                heap);
        assertThat(cpu).isLessThan(BUDGET.multipliedBy(CORES));
        assertThat(heap).isLessThan(HEAP_BUDGET_MIB);
    }

    /** After the first thousand the history of pods is full; other histories still grow a little. */
    @Test
    void littleIsRememberedOfAnotherThousandPodsThatHaveGone() {
        comeAndGo();
        long heapBefore = liveHeapMiB();

        comeAndGo();

        long more = liveHeapMiB() - heapBefore;
        LOG.log(System.Logger.Level.INFO, "heap {0} MiB more after another {1} pods", more, PODS);
        assertThat(more).isLessThan(GROWTH_BUDGET_MIB);
    }

    private void comeAndGo() {
        runPods();
        removePods();
    }

    private void runPods() {
        for (int i = 0; i < PODS; i++) {
            api.create(TestApi.pod("pod-" + i, Map.of()));
        }
        await("all pods run").atMost(LONGEST).until(() -> running() == PODS);
    }

    /** With their Events, which a cluster keeps for an hour. */
    private void removePods() {
        var pods = api.client.pods().inNamespace(TestApi.NAMESPACE);
        pods.delete();
        await("all pods are gone")
                .atMost(LONGEST)
                .until(() -> pods.list().getItems().isEmpty());
        api.client.v1().events().inNamespace(TestApi.NAMESPACE).delete();
    }

    private int running() {
        return api.client
                .pods()
                .inNamespace(TestApi.NAMESPACE)
                .withField("status.phase", "Running")
                .list()
                .getItems()
                .size();
    }

    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static long liveHeapMiB() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEBIBYTE;
    }
}
