package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.config.FilterDevices;
import io.migpool.config.GpuModes;
import io.migpool.config.LabelDriven;
import io.migpool.config.MigStrategy;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeOverrides;
import io.migpool.config.NodeSelection;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A GPU that is no longer in the pool, or in another mode, when a pod that has a place on it starts. */
class LeftGpuTest {

    @TempDir
    Path directory;

    private AgentRig rig;
    private String gpu;
    private String other;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB:2");
        gpu = rig.gpu(0);
        other = rig.gpu(1);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void aPodWhoseGpuLeftThePoolBeforeItWasSeenIsMovedToAnother() throws Exception {
        rig.filter(gpu);
        await().until(() -> rig.agent().presence().modeOf(gpu).isEmpty());
        rig.cluster.add(ReservedPod.named("late")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());

        rig.start("uid-late", "main", "mp-000");

        assertThat(reservation("late").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
        assertThat(rig.instances(0)).isEmpty();
    }

    @Test
    void aPodWhoseGpuLeftThePoolAfterItsFirstStartFailedIsMovedToAnother() throws Exception {
        rig.cluster.add(ReservedPod.named("retried")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.machine.inject(gpu, SimulatedFault.refuseNext("createGpuInstance", GpuErrorCode.NO_PERMISSION));
        assertThatThrownBy(() -> rig.start("uid-retried", "main", "mp-000")).hasMessageContaining("cannot create");
        rig.filter(gpu);
        await().until(() -> rig.agent().presence().modeOf(gpu).isEmpty());

        rig.restart("mp-000");

        assertThat(reservation("retried").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
        assertThat(rig.instances(0)).isEmpty();
    }

    @Test
    void aPodFromBeforeARebootIsMovedFromAGpuThatIsFilteredSince() throws Exception {
        rig.cluster.add(ReservedPod.named("old")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-old", "main", "mp-000");
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
        rig.machine.reboot();
        rig.filter(gpu);
        rig.startAgent();
        rig.awaitRegistration();
        await().until(() -> rig.agent().presence().modeOf(gpu).isEmpty());

        rig.restart("mp-000");

        assertThat(reservation("old").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
        assertThat(rig.instances(0)).isEmpty();
    }

    @Test
    void aPodOfAControllerWhoseGpuChangedItsModeAndWhichCannotBeMovedIsEvicted() {
        rig.cluster.add(ReservedPod.named("controlled")
                .shared("main", gpu, 1000, 10)
                .controlled()
                .build());
        rig.cluster.add(
                ReservedPod.named("single").shared("main", gpu, 1000, 10).build());

        assertThatThrownBy(() -> rig.start("uid-single", "main", "mp-000")).hasMessageContaining("is now in mode mig");
        assertThatThrownBy(() -> rig.start("uid-controlled", "main", "mp-001"))
                .hasMessageContaining("is now in mode mig");

        await().until(() -> rig.cluster.evicted().equals(List.of("controlled")));
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("controlled PlacementBlockedTooLong:"))
                .anySatisfy(event -> assertThat(event).startsWith("single GpuModeMismatch:")));
    }

    @Test
    void whereAnotherContainerOfThePodRunsNothingIsMovedThoughItsGpuLeftThePool() throws Exception {
        rig.cluster.add(ReservedPod.named("pair")
                .app("runs", slice(gpu, "1g.10gb", 0, 1))
                .app("starts", slice(other, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-pair", "runs", "mp-000");
        List<String> cut = rig.instances(0);
        rig.filter(gpu);
        await().until(() -> rig.agent().presence().modeOf(gpu).isEmpty());
        // As a move does whose answer is lost.
        rig.pool().forget("uid-pair");

        rig.start("uid-pair", "starts", "mp-001");

        assertThat(reservation("pair").migAllocations())
                .extracting(MigAllocation::gpuUuid)
                .containsExactly(gpu, other);
        assertThat(rig.instances(0)).isEqualTo(cut);
        assertThat(rig.cluster.told()).noneMatch(event -> event.contains("PlacementMoved"));
    }

    @Test
    void whileTheModesAreNotDecidedNobodyIsMovedOrWaitsToBeEvicted() throws Exception {
        rig.close();
        rig = AgentRig.started(
                directory.resolve("undecided"),
                MachineSpec.of("NVIDIA H100 80GB HBM3:2").withMigEnabled(false),
                GpuMode.HAMI_CORE);
        gpu = rig.gpu(0);
        rig.stopAgent();
        rig.nodes.neverValid(NodeSettings.DEFAULT);
        rig.startAgent();
        await().until(() -> rig.agent().presence().modeOf(gpu).equals(Optional.of(GpuMode.HAMI_CORE)));
        rig.cluster.add(ReservedPod.named("early")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .controlled()
                .build());

        assertThatThrownBy(() -> rig.start("uid-early", "main", "mp-000"))
                .hasMessageContaining("is now in mode hami-core")
                .hasMessageContaining("the start is retried");
        rig.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));
        await().until(() -> rig.agent().presence().modeOf(gpu).equals(Optional.of(GpuMode.MIG)));
        rig.restart("mp-000");

        assertThat(reservation("early").migAllocations().getFirst().gpuUuid()).isEqualTo(gpu);
        assertThat(rig.cluster.evicted()).isEmpty();
    }

    @Test
    void aPodWhoseGpuLostMigModeWithARebootIsMovedToAnother() throws Exception {
        startOnHopper("moved");
        shareAfterReboot(Map.of(gpu, GpuMode.HAMI_CORE));
        assertThat(rig.agent().presence().isClosed(gpu)).isTrue();

        rig.restart("mp-000");

        assertThat(reservation("moved").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
        assertThat(rig.instances(1)).hasSize(1).isEqualTo(rig.cutFor("mp-000"));
        await().until(() -> !rig.agent().presence().isClosed(gpu));
    }

    @Test
    void aPodOfAControllerWhoseGpuLostMigModeWithARebootIsEvictedWhereItCannotBeMoved() throws Exception {
        startOnHopper("evicted");
        shareAfterReboot(Map.of(gpu, GpuMode.HAMI_CORE, other, GpuMode.HAMI_CORE));

        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("is now in mode hami-core");

        await().until(() -> rig.cluster.evicted().equals(List.of("evicted")));
    }

    private void startOnHopper(String pod) throws Exception {
        rig.close();
        rig = AgentRig.started(directory.resolve("hopper"), "NVIDIA H100 80GB HBM3:2");
        gpu = rig.gpu(0);
        other = rig.gpu(1);
        rig.cluster.add(ReservedPod.named(pod)
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .controlled()
                .build());
        rig.start("uid-" + pod, "main", "mp-000");
    }

    private void shareAfterReboot(Map<String, GpuMode> modes) throws Exception {
        rig.stopAgent();
        rig.machine.reboot();
        rig.nodes.change(new NodeSettings(List.of(new NodeConfig(
                NodeSelection.named(ReservedPod.NODE),
                GpuMode.MIG,
                new GpuModes(modes, Map.of()),
                MigStrategy.NONE,
                FilterDevices.NONE,
                LabelDriven.NONE,
                NodeOverrides.NONE,
                false))));
        rig.startAgent();
        rig.awaitRegistration();
        await().until(() -> rig.agent().presence().modeOf(gpu).equals(Optional.of(GpuMode.HAMI_CORE)));
    }

    private Reservation reservation(String pod) throws Exception {
        return Reservation.fromAnnotations(
                        rig.cluster.pod("uid-" + pod).getMetadata().getAnnotations())
                .orElseThrow();
    }
}
