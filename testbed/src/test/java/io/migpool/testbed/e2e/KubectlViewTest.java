package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.Kubectl;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What kubectl shows of a cluster with running pods; skipped where there is none or it is older than 1.28. */
@ExtendWith(SharedCluster.class)
class KubectlViewTest {

    private static final String NODE = SharedCluster.MIG_NODE;

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Kubectl kubectl;

    @BeforeEach
    void runAPod(Workload workload) throws Exception {
        kubectl = Kubectl.orSkip(workload.cluster().kubeconfig(), directory);
        workload.run(GpuPod.named("slice").on(NODE).container("main", "gpu", "1", "gpumem", "8000"));
    }

    @Test
    void podsAreListedWithTheirNodesAndAddresses(Workload workload) throws Exception {
        assertThat(inNamespace(workload, "get", "pods", "-o", "wide").lines())
                .hasSize(2)
                .last()
                .asString()
                .matches("slice +1/1 +Running +0 +\\d+s +10\\.\\d+\\.\\d+\\.\\d+ +" + NODE + " +<none> +<none>");
        assertThat(inNamespace(workload, "wait", "--for=condition=Ready", "pod/slice", "--timeout=10s"))
                .isEqualTo("pod/slice condition met\n");
    }

    @Test
    void aRestartIsListedWithItsTime(Workload workload) throws Exception {
        workload.node(NODE).kubelet().crashContainer(workload.namespace(), "slice", "main");
        inNamespace(workload, "wait", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/slice");

        assertThat(inNamespace(workload, "get", "pods")).containsPattern("slice +1/1 +Running +1 \\(\\d+s ago\\) ");
    }

    @Test
    void aRunningPodIsDescribedWithItsLimitsConditionsAndEvents(Workload workload) throws Exception {
        String text = inNamespace(workload, "describe", "pod", "slice");

        assertThat(text)
                .containsPattern("Node: +" + NODE + "/127\\.0\\.0\\.1\n")
                .containsPattern("Status: +Running\n")
                .containsPattern("State: +Running\n")
                .containsPattern("nvidia\\.com/gpumem: +8k\n")
                .containsPattern("QoS Class: +BestEffort\n")
                .containsPattern("hami\\.io/bind-phase: success\n");
        for (String type :
                List.of("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")) {
            assertThat(text).containsPattern("  " + type + " +True ");
        }
        assertThat(text)
                .containsPattern("Normal +Scheduled +\\S+ +hami-scheduler +Successfully assigned ")
                .containsPattern(
                        "Normal +Started +\\S+ +kubelet +(spec\\.containers\\{main}: )?Started container main\n");
    }

    @Test
    void aPodThatWaitsIsDescribedWithTheReason(Workload workload) throws Exception {
        workload.create(GpuPod.named("huge").container("main", "gpu", "1", "gpumem", "200000"));
        workload.awaitRefusal("huge");

        assertThat(inNamespace(workload, "describe", "pod", "huge"))
                .containsPattern("Status: +Pending\n")
                .containsPattern("Node: +<none>\n")
                .containsPattern("Warning +FailedScheduling +\\S+ +hami-scheduler +0/3 nodes are available: ");
    }

    @Test
    void nodesAreListedAndDescribedWithTheirPodsAndSlots(Workload workload) throws Exception {
        assertThat(kubectl.run("get", "nodes", "-o", "wide"))
                .containsPattern(NODE + " +Ready +<none> +\\S+ +v1\\.\\d+\\.\\d+ +127\\.0\\.0\\.1 +<none> ");

        String text = kubectl.run("describe", "node", NODE);
        for (String type : List.of("MemoryPressure", "DiskPressure", "PIDPressure")) {
            assertThat(text).containsPattern("  " + type + " +False ");
        }
        assertThat(text)
                .containsPattern("  Ready +True .* KubeletReady ")
                .containsPattern("HolderIdentity: +" + NODE + "\n")
                .containsPattern("RenewTime: +\\w{3}, ")
                .containsPattern("  nvidia\\.com/gpu: +14\n")
                .containsPattern("  " + workload.namespace() + " +slice +0 \\(0%\\) ")
                .containsPattern("  nvidia\\.com/gpu +1 +1\n");
    }

    @Test
    void eventsAreListedWithWhatTheyAreAbout(Workload workload) throws Exception {
        assertThat(inNamespace(workload, "get", "events"))
                .containsPattern("\\d+s +Normal +Scheduled +pod/slice +Successfully assigned ")
                .containsPattern("\\d+s +Normal +Started +pod/slice +Started container main\n");
        assertThat(inNamespace(workload, "get", "events", "-o", "wide"))
                .containsPattern("Started +pod/slice +spec\\.containers\\{main} +kubelet, " + NODE
                        + " +Started container main +\\d+s +1 +slice\\.")
                .containsPattern("Scheduled +pod/slice +hami-scheduler, \\S+ +Successfully assigned .* \\d+s +1 ");
        assertThat(inNamespace(workload, "events", "--for", "pod/slice"))
                .containsPattern("Normal +Started +Pod/slice +Started container main\n");
    }

    private String inNamespace(Workload workload, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 1];
        all[0] = "--namespace=" + workload.namespace();
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return kubectl.run(all);
    }
}
