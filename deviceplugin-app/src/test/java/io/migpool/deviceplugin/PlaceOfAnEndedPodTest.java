package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.instance.InstanceState;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets the place of a pod that has ended, or of somebody else. */
class PlaceOfAnEndedPodTest {

    @TempDir
    Path directory;

    private AgentRig rig;
    private String gpu;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB");
        gpu = rig.gpu(0);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void theNextPodWithTheSameReservationTakesTheInstanceAsItIs() throws Exception {
        List<String> first = rig.runPod("first", "mp-000", 0);
        rig.cluster.delete("uid-first");
        await().untilAsserted(() -> assertThat(NodeRegistration.fromAnnotations(rig.cluster.nodeAnnotations())
                        .getFirst()
                        .idle())
                .hasSize(1));

        assertThat(rig.runPod("second", "mp-001", 0)).isEqualTo(first);
    }

    @Test
    void anInstanceStaysInQuarantineWhileProcessesOfADeletedPodRunInIt() throws Exception {
        List<String> first = rig.runPod("leaving", "mp-000", 0);
        rig.machine.startProcess(first.getFirst(), 42, 100);
        rig.cluster.delete("uid-leaving");
        await().until(() -> rig.states().equals(List.of(InstanceState.QUARANTINED)));
        assertThat(NodeRegistration.fromAnnotations(rig.cluster.nodeAnnotations())
                        .getFirst()
                        .blocked())
                .containsExactly(new Placement(0, 1));
        rig.cluster.add(ReservedPod.named("next")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.kubelet.checkpoint("uid-next", "main", "mp-001");

        CompletableFuture<Void> start = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-001"));
        rig.awaitPass();
        assertThat(start).isNotDone();
        rig.machine.endProcess(42);
        start.join();

        assertThat(rig.visible("mp-001")).isEqualTo(first);
    }

    @Test
    void anInstanceOfSomebodyElseIsPublishedAndNeverTouched() throws Exception {
        rig.machine.createForeignInstance(gpu, MigProfile.parse("2g.20gb"), new Placement(0, 2), 2);
        await().untilAsserted(() -> assertThat(NodeRegistration.fromAnnotations(rig.cluster.nodeAnnotations())
                        .getFirst()
                        .blocked())
                .containsExactly(new Placement(0, 2)));
        rig.cluster.add(ReservedPod.named("late")
                .app("main", slice(gpu, "7g.80gb", 0, 8))
                .build());

        assertThatThrownBy(() -> rig.start("uid-late", "main", "mp-000"))
                .hasMessageContaining("2g.20gb at 0:2")
                .hasMessageContaining("not created by this pool");
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("late PlacementBlocked:")));
        assertThat(rig.instances(0)).containsExactly("2g.20gb at 0:2");
    }

    @Test
    void anInstanceThatAMonitorHoldsIsToldAboutOnce() throws Exception {
        String held = rig.runPod("first", "mp-000", 0).getFirst();
        rig.cluster.delete("uid-first");
        await().until(() -> rig.states().equals(List.of(InstanceState.IDLE)));
        rig.machine.holdUnseen(held, 99);
        rig.cluster.add(ReservedPod.named("whole")
                .app("main", slice(gpu, "7g.80gb", 0, 8))
                .build());

        assertThatThrownBy(() -> rig.start("uid-whole", "main", "mp-001")).hasMessageContaining("cannot be destroyed");

        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .filteredOn(event -> event.startsWith("node InstanceStuck:"))
                .singleElement()
                .satisfies(event -> assertThat(event).contains("1g.10gb at 0:1", "dcgm-exporter")));
        rig.machine.endProcess(99);
        assertThat(rig.restart("mp-001")).hasSize(1);
    }
}
