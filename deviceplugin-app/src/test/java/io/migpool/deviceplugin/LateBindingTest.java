package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.MigAllocations;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.runtime.log.Decision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From kubelet's slots to what the container sees. */
class LateBindingTest {

    @TempDir
    Path directory;

    private AgentRig rig;
    private String gpu;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB:2");
        gpu = rig.gpu(0);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void allocateNamesOneCdiDeviceAfterTheSmallestSlot() {
        var answer = rig.kubelet.allocate("mp-010", "mp-002", "mp-003");

        assertThat(answer.getCdiDevicesList()).singleElement().satisfies(device -> assertThat(device.getName())
                .isEqualTo("migpool.io/gpu=mp-002"));
        assertThat(answer.getEnvsMap()).isEmpty();
    }

    @Test
    void allocateRemovesWhatAnEarlierOwnerOfTheSlotLeft() throws Exception {
        Pod pod = ReservedPod.named("first")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build();
        rig.cluster.add(pod);
        rig.start("uid-first", "main", "mp-000");
        assertThat(rig.cdiFile("mp-000")).exists();

        rig.kubelet.allocate("mp-000");

        assertThat(rig.cdiFile("mp-000")).doesNotExist();
    }

    @Test
    void twoPodsAdmittedSideBySideEachGetTheirOwnInstance() throws Exception {
        rig.cluster.add(
                ReservedPod.named("a").app("main", slice(gpu, "1g.10gb", 3, 1)).build());
        rig.cluster.add(
                ReservedPod.named("b").app("main", slice(gpu, "2g.20gb", 0, 2)).build());
        rig.kubelet.allocate("mp-000");
        rig.kubelet.allocate("mp-001");
        rig.kubelet.checkpoint("uid-b", "main", "mp-000");
        rig.kubelet.checkpoint("uid-a", "main", "mp-001");

        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-001"));
        CompletableFuture<Void> second = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-000"));
        CompletableFuture.allOf(first, second).join();

        assertThat(rig.cutFor("mp-001")).containsExactly("1g.10gb at 3:1");
        assertThat(rig.cutFor("mp-000")).containsExactly("2g.20gb at 0:2");
    }

    @Test
    void aContainerWithTwoDevicesOnTwoGpusSeesBothInTheOrderOfItsReservation() throws Exception {
        String other = rig.gpu(1);
        rig.cluster.add(ReservedPod.named("two")
                .app("main", slice(other, "3g.40gb", 4, 4), slice(gpu, "1g.10gb", 0, 1))
                .build());

        rig.start("uid-two", "main", "mp-000", "mp-001");

        assertThat(rig.cutFor("mp-000")).containsExactly("3g.40gb at 4:4", "1g.10gb at 0:1");
    }

    @Test
    void theFirstContainerToStartCutsAllInstancesOfItsPod() throws Exception {
        rig.cluster.add(ReservedPod.named("pair")
                .app("left", slice(gpu, "1g.10gb", 0, 1))
                .app("right", slice(gpu, "1g.10gb", 1, 1))
                .build());

        rig.start("uid-pair", "left", "mp-000");

        assertThat(rig.instances(0)).hasSize(2);
    }

    @Test
    void anInitContainerUsesTheInstanceOfTheAppContainerWhoseSlotItHas() throws Exception {
        var mine = slice(gpu, "2g.20gb", 0, 2);
        var others = slice(gpu, "1g.10gb", 2, 1);
        rig.cluster.add(ReservedPod.named("init")
                .init("prepare", mine)
                .app("main", mine)
                .app("side", others)
                .build());
        rig.kubelet.checkpoint("uid-init", "main", "mp-004");
        rig.kubelet.checkpoint("uid-init", "side", "mp-005");

        List<String> prepare = rig.start("uid-init", "prepare", "mp-004");
        List<String> main = rig.restart("mp-004");

        assertThat(prepare).isEqualTo(main);
        assertThat(rig.cutFor("mp-004")).containsExactly("2g.20gb at 0:2");
        assertThat(rig.instances(0)).hasSize(2);
    }

    @Test
    void aPodWithoutReservationDoesNotStartAndIsToldWhatToDo() throws Exception {
        rig.cluster.add(ReservedPod.named("bare")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .withoutReservation());

        assertThatThrownBy(() -> rig.start("uid-bare", "main", "mp-000"))
                .hasMessageContaining("no reservation")
                .hasMessageContaining("schedulerName")
                .hasMessageContaining("managedResources of its configuration has nvidia.com/gpu");

        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("bare NoReservation:")));
        assertThat(rig.instances(0)).isEmpty();
        assertThat(rig.cdiFile("mp-000")).doesNotExist();
    }

    @Test
    void aReservationForAnotherNodeOrWithTooFewDevicesIsRefused() throws Exception {
        rig.cluster.add(ReservedPod.named("moved")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .reservedOn("node-b")
                .build());

        assertThatThrownBy(() -> rig.start("uid-moved", "main", "mp-000")).hasMessageContaining("node-b");
        assertThat(rig.instances(0)).isEmpty();
    }

    @Test
    void aCheckpointThatComesLateIsWaitedFor() throws Exception {
        rig.cluster.add(ReservedPod.named("late")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.kubelet.allocate("mp-000");

        CompletableFuture<Void> start = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-000"));
        await().during(Duration.ofMillis(200)).until(() -> !start.isDone());
        rig.kubelet.checkpoint("uid-late", "main", "mp-000");
        start.join();

        assertThat(rig.cdiFile("mp-000")).exists();
    }

    @Test
    void aCheckpointThatStillNamesTheLastOwnerIsNotBelieved() throws Exception {
        rig.cluster.add(ReservedPod.named("old")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-old", "main", "mp-000");
        rig.cluster.delete("uid-old");
        rig.cluster.add(ReservedPod.named("new")
                .app("main", slice(gpu, "2g.20gb", 2, 2))
                .build());
        rig.kubelet.allocate("mp-000");

        CompletableFuture<Void> start = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-000"));
        await().during(Duration.ofMillis(200)).until(() -> !start.isDone());
        rig.kubelet.forget("uid-old");
        rig.kubelet.checkpoint("uid-new", "main", "mp-000");
        start.join();

        assertThat(rig.cutFor("mp-000")).containsExactly("2g.20gb at 2:2");
    }

    @Test
    void aStartThatOutlivesItsPodLeavesTheFileOfTheSlotsNextOwnerAlone() throws Exception {
        var contested = slice(gpu, "1g.10gb", 0, 1);
        rig.cluster.add(ReservedPod.named("last").app("main", contested).build());
        rig.machine.startProcess(rig.start("uid-last", "main", "mp-006").getFirst(), 42, 100);
        rig.cluster.delete("uid-last");
        rig.cluster.add(ReservedPod.named("torn").app("main", contested).build());
        rig.kubelet.allocate("mp-000");
        rig.kubelet.checkpoint("uid-torn", "main", "mp-000");
        CompletableFuture<Void> outlives = CompletableFuture.runAsync(() -> rig.kubelet.preStart("mp-000"));
        await("it waits for the last pod's process")
                .until(() -> rig.pool().claim("uid-torn").isPresent());

        rig.kubelet.forget("uid-torn");
        rig.cluster.add(ReservedPod.named("next")
                .app("main", slice(gpu, "1g.10gb", 1, 1))
                .build());
        List<String> devices = rig.start("uid-next", "main", "mp-000");
        rig.machine.endProcess(42);

        assertThatThrownBy(outlives::join).hasCauseInstanceOf(StatusRuntimeException.class);
        assertThat(rig.visible("mp-000")).isEqualTo(devices);
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at 1:1");
    }

    @Test
    void slotsThatNoSourceNamesFailTheStartInTime() {
        rig.kubelet.allocate("mp-006");

        assertThatThrownBy(() -> rig.kubelet.preStart("mp-006")).hasMessageContaining("does not report its pod");
    }

    @Test
    void whatIsDecidedForAPodStandsInTheLogOnce() throws Exception {
        rig.cluster.add(ReservedPod.named("told")
                .app("left", slice(gpu, "1g.10gb", 0, 1))
                .app("right", slice(gpu, "1g.10gb", 1, 1))
                .build());
        List<LogRecord> lines;
        try (LogLines logged = new LogLines("io.migpool.deviceplugin")) {
            rig.start("uid-told", "left", "mp-000");
            rig.start("uid-told", "right", "mp-001");
            assertThatThrownBy(() -> rig.start("uid-told", "left", "mp-000", "mp-002"));
            lines = logged.all();
            await().until(() ->
                    lines.stream().anyMatch(line -> decisions(line).toString().contains("refuse")));
        }
        String pod = " namespace=default pod=told node=" + ReservedPod.NODE;
        assertThat(lines)
                .flatExtracting(LateBindingTest::decisions)
                .containsExactly("decision=cut" + pod, "decision=restart" + pod, "decision=refuse" + pod);
        assertThat(lines)
                .extracting(new SimpleFormatter()::formatMessage)
                .filteredOn(line -> line.contains("mp-002"))
                .hasSize(1);
    }

    private static List<String> decisions(LogRecord line) {
        return Optional.ofNullable(line.getParameters()).stream()
                .flatMap(Arrays::stream)
                .filter(Decision.class::isInstance)
                .map(Object::toString)
                .toList();
    }

    @Test
    void aStartThatTakesTooLongIsGivenUpAndTheNextOneFindsWhatWasCreatedMeanwhile() throws Exception {
        rig.cluster.add(ReservedPod.named("slow")
                .app("main", slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        rig.machine.inject(rig.gpu(0), SimulatedFault.stallNext("createGpuInstance", 6_000));

        assertThatThrownBy(() -> rig.start("uid-slow", "main", "mp-000")).hasMessageContaining("still busy after PT5S");
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("slow CutSlow:")));

        rig.restart("mp-000");
        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at 0:1");
        assertThat(rig.instances(0)).containsExactly("1g.10gb at 0:1");
    }

    @Test
    void aPodThatWaitsForItsGpuIsToldSo() throws Exception {
        rig.cluster.add(ReservedPod.named("patient")
                .app("main", slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        rig.machine.inject(rig.gpu(0), SimulatedFault.stallNext("createGpuInstance", 1500));

        rig.start("uid-patient", "main", "mp-000");

        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event ->
                        assertThat(event).contains("patient WaitingForGpu:").contains(rig.gpu(0))));
    }

    @Test
    void theIdentityOfTheInstancesIsWrittenBackThroughConflicts() throws Exception {
        rig.cluster.conflictNext(3);
        rig.cluster.add(ReservedPod.named("noted")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());

        String visible = rig.start("uid-noted", "main", "mp-000").getFirst();

        await().untilAsserted(() -> {
            Map<String, String> annotations =
                    rig.cluster.pod("uid-noted").getMetadata().getAnnotations();
            List<MigAllocation> allocations =
                    MigAllocations.decode(annotations.getOrDefault(Annotations.MIG_ALLOCATIONS, ""));
            assertThat(allocations).singleElement().satisfies(allocation -> assertThat(allocation.runtime())
                    .isNotNull()
                    .satisfies(runtime -> assertThat(runtime.migUuid()).isEqualTo(visible)));
            assertThat(annotations)
                    .containsEntry(Annotations.BIND_PHASE, "success")
                    .containsEntry(Annotations.DEVICES_TO_ALLOCATE, ";");
            assertThat(annotations.get(Annotations.DEVICES_ALLOCATED)).startsWith(gpu);
        });
        Pod written = rig.cluster.pod("uid-noted");
        assertThat(written.getMetadata().getLabels())
                .containsEntry("hami.io/vgpu-node", written.getSpec().getNodeName());
        assertThat(rig.cluster.patches()).isEqualTo(1);
    }

    @Test
    void cdiFilesAppearWholeUnderTheirOwnName() throws Exception {
        rig.cluster.add(ReservedPod.named("file")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.start("uid-file", "main", "mp-003");

        try (var files = Files.list(directory.resolve("cdi"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("migpool.io-gpu-mp-003.json");
        }
        assertThat(Files.readString(rig.cdiFile("mp-003")))
                .contains("\"cdiVersion\" : \"0.5.0\"")
                .contains("\"kind\" : \"migpool.io/gpu\"");
    }
}
