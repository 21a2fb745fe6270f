package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reserved place that turns out blocked: the pod gets an equivalent one, or its controller gets it a new node. */
class RepairTest {

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
    void aPodWhosePlaceIsTakenByAStrangerGetsAnotherPlaceOnTheSameGpu() throws Exception {
        var _ = foreign(gpu, "2g.20gb", 0, 2);
        rig.cluster.add(ReservedPod.named("moved")
                .app("main", slice(gpu, "1g.10gb", 1, 1))
                .build());

        rig.start("uid-moved", "main", "mp-000");

        assertThat(rig.cutFor("mp-000")).singleElement().satisfies(cut -> assertThat(cut)
                .startsWith("1g.10gb at ")
                .isNotIn("1g.10gb at 0:1", "1g.10gb at 1:1"));
        MigAllocation written = reservation("moved").migAllocations().getFirst();
        assertThat(written.gpuUuid()).isEqualTo(gpu);
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at " + written.placement());
        assertThat(rig.instances(0)).contains("2g.20gb at 0:2");
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("moved PlacementMoved:")));
    }

    @Test
    void whereTheAnswerToAMoveWasLostThePodStartsWhereItsAnnotationsSay() throws Exception {
        GpuInstance stranger = foreign(gpu, "2g.20gb", 0, 2);
        rig.cluster.add(ReservedPod.named("moved")
                .app("main", slice(gpu, "1g.10gb", 1, 1))
                .build());
        rig.cluster.loseNextAnswer();
        assertThatThrownBy(() -> rig.start("uid-moved", "main", "mp-000"))
                .hasMessageContaining("the pod was not moved");
        try (GpuDriver somebody = rig.machine.openDriver()) {
            somebody.destroyComputeInstance(
                    stranger, stranger.computeInstances().getFirst());
            somebody.destroyGpuInstance(stranger);
        }

        rig.restart("mp-000");

        MigAllocation written = reservation("moved").migAllocations().getFirst();
        assertThat(written.placement().start()).isNotEqualTo(1);
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at " + written.placement());
    }

    @Test
    void aPlaceThatADeletedPodMayHaveBeenMovedToIsFreeAgain() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        var _ = foreign(other, "4g.40gb", 0, 4);
        var _ = foreign(other, "2g.20gb", 4, 2);
        await().until(() -> rig.pool().instances().size() == 3);
        for (String name : List.of("doubtful", "next")) {
            rig.cluster.add(ReservedPod.named(name)
                    .app("main", slice(gpu, "1g.10gb", 1, 1))
                    .build());
        }
        rig.cluster.loseNextAnswer();
        assertThatThrownBy(() -> rig.start("uid-doubtful", "main", "mp-000"))
                .hasMessageContaining("the pod was not moved");

        rig.cluster.delete("uid-doubtful");
        rig.start("uid-next", "main", "mp-001");

        assertThat(rig.cutFor("mp-001")).containsExactly("1g.10gb at 6:1");
    }

    @Test
    void aPodIsNotMovedToAnotherModelBecauseItsGpuLeftThePool() throws Exception {
        rig.close();
        rig = AgentRig.started(directory.resolve("two-models"), "NVIDIA A100-SXM4-80GB, NVIDIA H100 80GB HBM3");
        gpu = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("picky")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-picky", "main", "mp-000");
        rig.stopAgent();
        rig.machine.reboot();
        rig.filter(gpu);
        rig.startAgent();
        rig.awaitRegistration();
        var _ = foreign(gpu, "7g.80gb", 0, 8);

        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("nothing equivalent");
        assertThat(rig.instances(1)).isEmpty();
    }

    @Test
    void whatOtherPodsBoundHereHaveReservedIsNotTakenEvenBeforeTheyStart() throws Exception {
        var _ = foreign(gpu, "4g.40gb", 0, 4);
        rig.cluster.add(ReservedPod.named("early")
                .app("main", slice(gpu, "3g.40gb", 4, 4))
                .build());
        rig.cluster.add(ReservedPod.named("moved")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());

        rig.start("uid-moved", "main", "mp-000");
        rig.start("uid-early", "main", "mp-001");

        assertThat(reservation("moved").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
        assertThat(rig.cutFor("mp-001")).containsExactly("3g.40gb at 4:4");
    }

    @Test
    void deviceStringsAndInstancesMoveTogetherAlsoForTheInitContainer() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        var mine = slice(gpu, "2g.20gb", 0, 2);
        rig.cluster.add(ReservedPod.named("both")
                .init("prepare", mine)
                .app("main", mine)
                .build());

        rig.kubelet.checkpoint("uid-both", "main", "mp-000");
        rig.start("uid-both", "prepare", "mp-000");

        Reservation reservation = reservation("both");
        assertThat(reservation.devices().containers())
                .allSatisfy(devices -> assertThat(devices).singleElement().satisfies(device -> assertThat(device.uuid())
                        .isEqualTo(other)));
        assertThat(reservation.migAllocations())
                .extracting(MigAllocation::gpuUuid, MigAllocation::placement)
                .hasSize(2)
                .containsOnly(
                        tuple(other, reservation.migAllocations().getFirst().placement()));
        assertThat(rig.instances(1)).hasSize(1);
    }

    @Test
    void ofTwoPodsWithOneReservationTheFirstKeepsItAndTheOtherMoves() throws Exception {
        rig.cluster.add(ReservedPod.named("first")
                .app("main", slice(gpu, "3g.40gb", 0, 4))
                .build());
        rig.cluster.add(ReservedPod.named("second")
                .app("main", slice(gpu, "3g.40gb", 0, 4))
                .build());
        List<String> first = rig.start("uid-first", "main", "mp-000");

        rig.start("uid-second", "main", "mp-001");

        assertThat(rig.visible("mp-000")).isEqualTo(first);
        assertThat(rig.cutFor("mp-000")).containsExactly("3g.40gb at 0:4");
        assertThat(rig.cutFor("mp-001")).containsExactly("3g.40gb at 4:4");
    }

    @Test
    void podsThatAreMovedSideBySideDoNotMeetAgain() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        List<CompletableFuture<Void>> starts = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            String slot = "mp-00" + i;
            rig.cluster.add(ReservedPod.named("p" + i)
                    .app("main", slice(gpu, "1g.10gb", i, 1))
                    .build());
            rig.kubelet.allocate(slot);
            rig.kubelet.checkpoint("uid-p" + i, "main", slot);
            starts.add(CompletableFuture.runAsync(() -> rig.kubelet.preStart(slot)));
        }

        CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new)).join();

        assertThat(rig.instances(1)).hasSize(7);
    }

    @Test
    void aConflictWhileTheReservationIsRewrittenIsRepeated() throws Exception {
        var _ = foreign(gpu, "2g.20gb", 0, 2);
        rig.cluster.conflictNext(2);
        rig.cluster.add(ReservedPod.named("busy")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());

        assertThat(rig.start("uid-busy", "main", "mp-000")).hasSize(1);
    }

    @Test
    void aMoveThatWasWrittenBeforeACrashIsFollowed() throws Exception {
        var _ = foreign(gpu, "2g.20gb", 0, 2);
        rig.cluster.add(ReservedPod.named("again")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        List<String> before = rig.start("uid-again", "main", "mp-000");
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
        rig.startAgent();
        rig.awaitRegistration();

        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void aGpuThatIsLostBeforeItsPodStartsIsReplacedByAnother() throws Exception {
        rig.machine.loseGpu(gpu);
        rig.cluster.add(ReservedPod.named("lost")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());

        rig.start("uid-lost", "main", "mp-000");

        assertThat(reservation("lost").migAllocations().getFirst().gpuUuid()).isEqualTo(other);
    }

    @Test
    void aPodThatItsUserPinsToTheGpuIsNotMovedToAnother() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        rig.cluster.add(ReservedPod.named("pinned")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .annotated(Annotations.USE_GPU_UUID, gpu)
                .build());

        assertThatThrownBy(() -> rig.start("uid-pinned", "main", "mp-000")).hasMessageContaining("nothing equivalent");
        assertThat(rig.instances(1)).isEmpty();
    }

    @Test
    void aPodThatWantsItsDevicesApartIsNotMovedToWhereItsOtherOneLies() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        rig.cluster.add(ReservedPod.named("apart")
                .app("main", slice(gpu, "1g.10gb", 0, 1), slice(other, "1g.10gb", 0, 1))
                .annotated(Annotations.SPREAD_DEVICES, "true")
                .build());

        assertThatThrownBy(() -> rig.start("uid-apart", "main", "mp-000", "mp-001"))
                .hasMessageContaining("nothing equivalent");
    }

    @Test
    void withoutAnEquivalentAPodOfAControllerIsEvictedAfterAWhile() throws Exception {
        var _ = foreign(gpu, "7g.80gb", 0, 8);
        var _ = foreign(other, "7g.80gb", 0, 8);
        rig.cluster.holdBackEvictions(1);
        rig.cluster.add(ReservedPod.named("controlled")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .controlled()
                .build());
        rig.cluster.add(ReservedPod.named("single")
                .app("main", slice(gpu, "1g.10gb", 1, 1))
                .build());

        assertThatThrownBy(() -> rig.start("uid-controlled", "main", "mp-000"))
                .hasMessageContaining("nothing equivalent is free on this node");
        assertThatThrownBy(() -> rig.start("uid-single", "main", "mp-001"))
                .hasMessageContaining("nothing equivalent is free on this node");

        await().until(() -> rig.cluster.evicted().equals(List.of("controlled")));
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("controlled PlacementBlockedTooLong:")));
        // Two more, one after the other: in between everybody who waits was looked at.
        for (int i = 2; i <= 3; i++) {
            String pod = "later-" + i;
            String slot = "mp-00" + i;
            rig.cluster.add(ReservedPod.named(pod)
                    .app("main", slice(gpu, "1g.10gb", i, 1))
                    .controlled()
                    .build());
            assertThatThrownBy(() -> rig.start("uid-" + pod, "main", slot)).hasMessageContaining("nothing equivalent");
            await().until(() -> rig.cluster.evicted().contains(pod));
        }
        assertThat(rig.cluster.evicted()).containsExactly("controlled", "later-2", "later-3");
    }

    private GpuInstance foreign(String gpuUuid, String profile, int start, int size) throws Exception {
        MigProfile parsed = MigProfile.parse(profile);
        GpuInstance made =
                rig.machine.createForeignInstance(gpuUuid, parsed, new Placement(start, size), parsed.gpuSlices());
        await().until(() -> rig.pool().instances().stream()
                .anyMatch(instance -> instance.slice().gpuUuid().equals(gpuUuid)));
        return made;
    }

    private Reservation reservation(String pod) throws Exception {
        return Reservation.fromAnnotations(
                        rig.cluster.pod("uid-" + pod).getMetadata().getAnnotations())
                .orElseThrow();
    }
}
