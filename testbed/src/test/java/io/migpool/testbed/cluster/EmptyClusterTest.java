package io.migpool.testbed.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What starting a cluster costs a warm JVM, in processor time, so that a busy machine does not matter. */
class EmptyClusterTest {

    private static final System.Logger LOG = System.getLogger(EmptyClusterTest.class.getName());
    private static final int STARTS = 4;
    private static final int CORES = 2;
    private static final Duration BUDGET = Duration.ofSeconds(3);

    @Test
    void threeNodesStartWithinTheBudgetOnceTheJvmIsWarm() throws Exception {
        Duration least = start();
        for (int i = 1; i < STARTS; i++) {
            Duration next = start();
            least = next.compareTo(least) < 0 ? next : least;
        }

        LOG.log(System.Logger.Level.INFO, "an empty cluster of three nodes took {0} of processor time", least);
        assertThat(least).isLessThan(BUDGET.multipliedBy(CORES));
    }

    private static Duration start() throws Exception {
        long begin = cpuNanos();
        try (EmbeddedCluster _ = EmbeddedCluster.start(ClusterSpec.fast(
                List.of(
                        NodeSpec.mig("node-a", "NVIDIA A100-SXM4-80GB:2"),
                        NodeSpec.mig("node-b", "NVIDIA A100-SXM4-80GB:2"),
                        NodeSpec.mig("node-c", "NVIDIA A100-SXM4-80GB:2")),
                """
                nvidia:
                  resourceCountName: nvidia.com/gpu
                  resourceMemoryName: nvidia.com/gpumem
                """,
                """
                {"nodeconfig": [
                  {"name": "node-a", "operatingmode": "mig"},
                  {"name": "node-b", "operatingmode": "mig"},
                  {"name": "node-c", "operatingmode": "mig"}
                ]}
                """))) {
            return Duration.ofNanos(cpuNanos() - begin);
        }
    }

    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }
}
