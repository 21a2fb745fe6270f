package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.MachineSnapshot;
import io.migpool.testbed.apiserver.faults.Faults;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API server refuses requests, loses its history and answers too late. */
@ExtendWith(SharedCluster.class)
class ApiServerFaultsTest {

    private static final String NODE = SharedCluster.SINGLE_NODE;
    private static final String AGENT = "system:serviceaccount:kube-system:migpool-device-plugin";
    private static final String EXTENDER = "system:serviceaccount:kube-system:migpool-scheduler";
    private static final Duration LONGEST = Duration.ofSeconds(90);
    private static final Faults.Match BINDING = Faults.Match.of("create", "pods/binding");

    /** Longer than the scheduler waits for the extender. */
    private static final Duration TOO_LATE = Duration.ofSeconds(6);

    @AfterEach
    void clear(Workload workload) {
        faults(workload).clear();
    }

    @Test
    void whatTheNodeWritesBackSurvivesConflicts(Workload workload) {
        faults(workload).inject(new Faults.Match("patch", "pods", AGENT), new Faults.Effect.Conflict(), 2);

        workload.run(GpuPod.named("contended").on(NODE).container("main", "gpu", "2", "gpumem", "8000"));

        assertThat(faults(workload).pending()).isZero();
        assertThat(workload.devicesSeenBy("contended", "main")).hasSize(2).isEqualTo(workload.migUuidsOf("contended"));
    }

    @Test
    void podsStartAfterAllWatchesWereDroppedAndTheirHistoryForgotten(Workload workload) {
        workload.run(GpuPod.named("before").on(NODE).container("main", "gpu", "1", "gpumem", "8000"));

        // No client can watch again before pods and nodes have changed and the history is lost, so all clients have to
        // list.
        faults(workload).injectWithProbability(Faults.Match.of("watch", "*"), new Faults.Effect.Refuse(503), 1.0);
        faults(workload).dropWatches();
        workload.create(GpuPod.named("after").on(NODE).container("main", "gpu", "1", "gpumem", "8000"));
        workload.client().nodes().withName(NODE).edit(node -> new NodeBuilder(node)
                .editMetadata()
                .addToAnnotations("example.com/changed", workload.namespace())
                .endMetadata()
                .build());
        faults(workload).forgetHistory();
        faults(workload).clear();

        workload.awaitRunning("after");
        assertThat(workload.migUuidsOf("after")).doesNotContainAnyElementsOf(workload.migUuidsOf("before"));
    }

    @Test
    void aDeletionThatTheExtenderDidNotSeeIsFoundWhenItsWatchIsBack(Workload workload) {
        workload.run(GpuPod.named("whole").on(NODE).container("main", "gpu", "1"));
        faults(workload)
                .injectWithProbability(new Faults.Match("watch", "pods", EXTENDER), new Faults.Effect.Refuse(503), 1.0);
        faults(workload).dropWatches();
        workload.delete("whole");
        faults(workload).forgetHistory();
        faults(workload).clear();

        AtomicInteger attempt = new AtomicInteger();
        await("the space of the deleted pod is given away").atMost(LONGEST).until(() -> {
            String name = "next-" + attempt.incrementAndGet();
            workload.create(GpuPod.named(name).on(NODE).container("main", "gpu", "1"));
            boolean placed = workload.isPlaced(name);
            workload.delete(name);
            return placed;
        });
    }

    @Test
    void aBindingWhoseAnswerIsLostIsMadeOnce(Workload workload) throws Exception {
        faults(workload).inject(BINDING, new Faults.Effect.LoseAnswer(Duration.ofMillis(100)), 1);

        workload.run(GpuPod.named("lost").on(NODE).container("main", "gpu", "1", "gpumem", "40000"));

        assertOnlyItsInstanceIsTaken(workload, "lost");
    }

    @Test
    void aBindingThatLandsAfterTheSchedulerGaveUpIsMadeOnce(Workload workload) throws Exception {
        faults(workload).inject(BINDING, new Faults.Effect.Delay(TOO_LATE), 1);

        workload.create(GpuPod.named("late").on(NODE).container("main", "gpu", "1", "gpumem", "40000"));

        await("pod late is bound")
                .atMost(LONGEST)
                .until(() -> workload.pod("late").getSpec().getNodeName() != null);
        workload.awaitRunning("late");
        assertOnlyItsInstanceIsTaken(workload, "late");
    }

    /**
     * Requires that exactly the other half of the GPU is free: there are neither phantom instances nor missing ones.
     */
    private static void assertOnlyItsInstanceIsTaken(Workload workload, String pod) throws GpuException {
        workload.run(GpuPod.named("beside").on(NODE).container("main", "gpu", "1", "gpumem", "40000"));
        workload.create(GpuPod.named("no-room").on(NODE).container("main", "gpu", "1", "gpumem", "40000"));
        workload.awaitRefusal("no-room");

        assertThat(faults(workload).pending()).isZero();
        assertThat(workload.devicesSeenBy(pod, "main")).isEqualTo(workload.migUuidsOf(pod));
        assertThat(existing(workload))
                .containsExactlyInAnyOrder(
                        workload.migUuidsOf(pod).getFirst(),
                        workload.migUuidsOf("beside").getFirst());
    }

    private static List<String> existing(Workload workload) throws GpuException {
        return workload.node(NODE).machine().snapshot().gpus().stream()
                .map(MachineSnapshot.Gpu::instances)
                .flatMap(List::stream)
                .flatMap(instance -> instance.computeInstances().stream())
                .map(compute -> compute.migUuid())
                .toList();
    }

    private static Faults faults(Workload workload) {
        return workload.apiServerDouble().faults();
    }
}
