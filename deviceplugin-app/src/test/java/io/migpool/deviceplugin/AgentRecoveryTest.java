package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.gpu.AwaitedGpuDriver;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.InstanceState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restarts, deletions and strangers: who keeps what. */
class AgentRecoveryTest {

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
    void aRestartedAgentStartsItsContainersAgainWithoutTheApiServer() throws Exception {
        List<String> before = rig.runPod("kept", "mp-000", 0);
        rig.stopAgent();
        rig.cluster.unreachable();
        rig.startAgent();
        rig.awaitRegistration();
        Files.delete(rig.cdiFile("mp-000"));

        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void nothingIsTakenFromAnybodyWhileTheApiServerIsAway() throws Exception {
        rig.runPod("kept", "mp-000", 0);
        rig.stopAgent();
        rig.cluster.unreachable();
        rig.startAgent();
        rig.awaitRegistration();

        rig.awaitPass();
        assertThat(rig.states())
                .containsExactlyInAnyOrder(InstanceState.ACTIVE, InstanceState.FOREIGN, InstanceState.FOREIGN);
    }

    @Test
    void anInstanceOfAPodThatVanishedWhileTheAgentWasAwayIsNobodysWhileItsContainersMayRun() throws Exception {
        List<String> before = rig.runPod("torn", "mp-000", 0);
        rig.stopAgent();
        rig.cluster.tearAway("uid-torn");
        rig.startAgent();

        await().until(() -> rig.states().equals(List.of(InstanceState.QUARANTINED)));
        rig.awaitPass();
        assertThat(rig.states())
                .containsExactly(InstanceState.QUARANTINED, InstanceState.FOREIGN, InstanceState.FOREIGN);
        assertThat(rig.machine.snapshot().gpus().getFirst().instances().stream()
                        .flatMap(instance -> instance.computeInstances().stream())
                        .map(ComputeInstance::migUuid))
                .containsAll(before);
    }

    @Test
    void containersOfAPodThatVanishedWhileTheAgentWasAwayMayRunAsLongAsItsSpecificationSays() throws Exception {
        rig.cluster.add(ReservedPod.named("torn")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .grace(3600)
                .build());
        rig.start("uid-torn", "main", "mp-000");
        rig.stopAgent();
        rig.cluster.tearAway("uid-torn");
        rig.startAgent();

        await().until(() -> rig.states().equals(List.of(InstanceState.QUARANTINED)));
        assertThat(rig.pool().instances().getFirst().since())
                .isAfter(Instant.now().plus(Duration.ofMinutes(59)));
    }

    @Test
    void anInstanceOfAPodThatEndedWhileTheAgentWasAwayIsForTheNextPodAtOnce() throws Exception {
        rig.runPod("short", "mp-000", 0);
        rig.stopAgent();
        rig.cluster.add(new PodBuilder(rig.cluster.pod("uid-short"))
                .editStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build());
        rig.startAgent();

        await().until(() -> rig.states().equals(List.of(InstanceState.IDLE)));
    }

    @Test
    void instancesOfLivingPodsAreRecognisedByTheirAnnotationsWhenTheOwnershipFileIsCorrupt() throws Exception {
        List<String> before = rig.runPod("kept", "mp-000", 0);
        rig.runPod("gone", "mp-001", 1);
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.cluster.delete("uid-gone");
        rig.stopAgent();
        Path file = directory.resolve("state").resolve("ownership.json");
        Files.writeString(file, Files.readString(file).substring(20));
        rig.startAgent();
        rig.awaitRegistration();

        await().until(() -> rig.states().equals(List.of(InstanceState.ACTIVE, InstanceState.FOREIGN)));
        assertThat(rig.restart("mp-000")).isEqualTo(before);
        assertThat(directory.resolve("state").resolve("ownership.json.corrupt")).exists();
    }

    @Test
    void whatAPodWasNotToldBeforeARestartOfTheAgentIsWrittenToItAfterwards() throws Exception {
        rig.cluster.add(ReservedPod.named("cut")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.cluster.refuseMarks();
        List<String> cut = rig.start("uid-cut", "main", "mp-000");
        rig.stopAgent();
        rig.cluster.acceptMarks();

        rig.startAgent();

        await().untilAsserted(() -> assertThat(
                        rig.cluster.pod("uid-cut").getMetadata().getAnnotations())
                .containsEntry(Annotations.BIND_PHASE, "success")
                .hasEntrySatisfying(
                        Annotations.MIG_ALLOCATIONS, text -> assertThat(text).contains(cut.getFirst())));
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        int patches = rig.cluster.patches();
        rig.awaitPass();
        assertThat(rig.cluster.patches()).isEqualTo(patches);
    }

    @Test
    void aContainerThatStartsAgainBeforeAllPodsWereSeenKeepsWhatItsAnnotationsProve() throws Exception {
        List<String> before = rig.runPod("kept", "mp-000", 0);
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
        Files.delete(directory.resolve("state").resolve("ownership.json"));
        rig.cluster.holdListing();
        rig.startAgent();
        rig.awaitRegistration();

        assertThat(rig.restart("mp-000")).isEqualTo(before);
        assertThat(rig.states()).containsExactly(InstanceState.ACTIVE);
    }

    /** A driver that fails to open until the test says that it is there, and then is looked for. */
    private AwaitedGpuDriver awaited(AtomicBoolean there) {
        return new AwaitedGpuDriver(() -> {
            if (!there.get()) {
                throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "open", "all GPUs", "there is no driver");
            }
            return rig.machine.openDriver();
        });
    }

    @Test
    void aStartWithoutADriverForgetsNothing() throws Exception {
        List<String> before = rig.runPod("kept", "mp-000", 0);
        rig.runPod("gone", "mp-001", 1);
        rig.cluster.delete("uid-gone");
        await().until(() -> rig.states().equals(List.of(InstanceState.ACTIVE, InstanceState.IDLE)));
        rig.stopAgent();
        rig.startAgent(awaited(new AtomicBoolean()));
        assertThat(rig.states()).isEmpty();
        rig.stopAgent();

        rig.startAgent();
        rig.awaitRegistration();

        assertThat(rig.states()).containsExactly(InstanceState.ACTIVE, InstanceState.IDLE);
        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void aDriverThatComesLateIsTakenInWithAllThatWasOnItsGpusAndNobodyIsEvictedMeanwhile() throws Exception {
        rig.cluster.add(ReservedPod.named("kept")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .controlled()
                .build());
        List<String> before = rig.start("uid-kept", "main", "mp-000");
        rig.runPod("gone", "mp-001", 1);
        rig.cluster.delete("uid-gone");
        await().until(() -> rig.states().equals(List.of(InstanceState.ACTIVE, InstanceState.IDLE)));
        rig.stopAgent();
        AtomicBoolean there = new AtomicBoolean();
        AwaitedGpuDriver driver = awaited(there);
        rig.startAgent(driver);
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("node NoGpus:")));
        await().untilAsserted(
                        () -> assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("has been missing"));
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).startsWith("kept CutFailed:")));

        there.set(true);
        driver.lookForMore();

        await().until(() -> rig.states().equals(List.of(InstanceState.ACTIVE, InstanceState.IDLE)));
        await().until(() -> rig.kubelet.devices().size() == 7);
        await().until(() -> rig.cluster
                .nodeAnnotations()
                .getOrDefault(Annotations.NODE_REGISTER, "")
                .contains(gpu));
        assertThat(rig.restart("mp-000")).isEqualTo(before);
        assertThat(rig.runPod("new", "mp-002", 2)).hasSize(1);
        assertThat(rig.cluster.evicted()).isEmpty();
    }

    @Test
    void anInstanceOfALivingPodIsRecognisedAlsoWhereTheFileHasItsClaimOnly() throws Exception {
        List<String> before = rig.runPod("kept", "mp-000", 0);
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
        forgetInstances(directory.resolve("state").resolve("ownership.json"));

        rig.startAgent();
        rig.awaitRegistration();

        await().until(() -> rig.states().equals(List.of(InstanceState.ACTIVE)));
        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    private static void forgetInstances(Path file) throws Exception {
        JsonMapper json = JsonMapper.builder().build();
        ObjectNode root = (ObjectNode) json.readTree(file.toFile());
        ObjectNode body = (ObjectNode) root.required("body");
        body.putArray("instances");
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(body.toString().getBytes(StandardCharsets.UTF_8));
        Files.writeString(
                file, root.put("sha256", HexFormat.of().formatHex(digest)).toString());
    }

    @Test
    void anInstanceOfAPodThatIsTornAwayIsNobodysAlsoBeforeKubeletHasToldThatItRuns() throws Exception {
        rig.cluster.add(ReservedPod.named("torn")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .grace(3600)
                .build());
        rig.start("uid-torn", "main", "mp-000");

        rig.cluster.tearAway("uid-torn");

        await().until(() -> rig.states().equals(List.of(InstanceState.QUARANTINED)));
        rig.pool().sweep().join();
        assertThat(rig.states()).containsExactly(InstanceState.QUARANTINED);
    }

    @Test
    void aSlotInUseStaysWhileKubeletsFileCannotBeRead() throws Exception {
        rig.runPod("high", "mp-050", 0);
        rig.machine.loseGpu(gpu);
        await().until(() -> slots("").contains("mp-050"));
        Files.writeString(directory.resolve("dp").resolve("kubelet_internal_checkpoint"), "torn");
        rig.machine.resetGpu(gpu);

        await().until(() -> !slots("Healthy").isEmpty());
        assertThat(slots("Healthy")).contains("mp-050");
    }

    private List<String> slots(String health) {
        return rig.kubelet.devices().stream()
                .filter(device -> device.getHealth().startsWith(health))
                .map(Device::getID)
                .toList();
    }

    @Test
    void afterARebootInstancesAreCutAgainWhenTheirPodsStart() throws Exception {
        List<String> before = rig.runPod("survivor", "mp-000", 2);
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
        rig.machine.reboot();
        rig.startAgent();
        rig.awaitRegistration();

        List<String> after = rig.restart("mp-000");

        assertThat(rig.cutFor("mp-000")).containsExactly("1g.10gb at 2:1");
        assertThat(after).isNotEqualTo(before);
        await().untilAsserted(() -> assertThat(rig.cluster
                        .pod("uid-survivor")
                        .getMetadata()
                        .getAnnotations()
                        .get(Annotations.MIG_ALLOCATIONS))
                .contains(after.getFirst()));
    }

    @Test
    void aPodUnknownToTheWatchIsReadDirectlyAndKeepsItsInstance() throws Exception {
        rig.cluster.stopWatching();
        rig.cluster.add(ReservedPod.named("unseen")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        rig.kubelet.servePodResources(directory.resolve("pr.sock"));
        rig.kubelet.podResources("default", "unseen", "main", "mp-000");

        assertThat(rig.start("uid-unseen", "main", "mp-000")).hasSize(1);
        rig.awaitPass();
        assertThat(rig.states())
                .containsExactlyInAnyOrder(InstanceState.ACTIVE, InstanceState.FOREIGN, InstanceState.FOREIGN);
    }
}
