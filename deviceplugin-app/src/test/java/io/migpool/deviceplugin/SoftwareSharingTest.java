package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.AllocatedDevice;
import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.node.GpuCondition;
import io.migpool.deviceplugin.node.GpuTrouble;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What containers on software-shared GPUs get. */
class SoftwareSharingTest {

    @TempDir
    Path directory;

    private AgentRig rig;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(
                directory, MachineSpec.of("NVIDIA A100-SXM4-80GB").withMigEnabled(false), GpuMode.HAMI_CORE);
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void aContainerGetsItsLimitsAndTheInterceptingLibrary() throws Exception {
        String gpu = rig.gpu(0);
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", gpu, 3000, 30).build());

        rig.start("uid-shared", "main", "mp-000");

        Map<String, String> environment = rig.environment("mp-000");
        assertThat(environment)
                .containsEntry("NVIDIA_VISIBLE_DEVICES", gpu)
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_0", "3000m")
                .containsEntry("CUDA_DEVICE_SM_LIMIT", "30")
                .containsEntry("LIBCUDA_LOG_LEVEL", "1")
                .doesNotContainKey("CUDA_OVERSUBSCRIBE");
        Path vgpu = directory.resolve("hook").resolve("vgpu");
        assertThat(environment.get("CUDA_DEVICE_MEMORY_SHARED_CACHE")).startsWith(vgpu + "/");
        assertThat(StreamSupport.stream(rig.edits("mp-000").path("mounts").spliterator(), false)
                        .map((JsonNode mount) -> mount.path("containerPath").asText()))
                .containsExactly(vgpu.toString(), vgpu + "/libvgpu.so", "/tmp/vgpulock", "/etc/ld.so.preload");
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event -> assertThat(event).contains("SharingLibraryMissing")));
        await().untilAsserted(() -> assertThat(
                        rig.cluster.pod("uid-shared").getMetadata().getAnnotations())
                .containsEntry(Annotations.BIND_PHASE, "success")
                .containsEntry(Annotations.MIG_ALLOCATIONS, "[]"));
    }

    @Test
    void theLibraryThatHamiLeftOnTheHostIsMountedWhereThePreloadNamesIt() throws Exception {
        Path vgpu = Files.createDirectories(directory.resolve("hook/vgpu"));
        Path newest = Files.writeString(vgpu.resolve("libvgpu.so.v2.10.0"), "");
        Files.writeString(vgpu.resolve("libvgpu.so.v2.9.0"), "");
        Files.writeString(vgpu.resolve("ld.so.preload"), "/usr/local/vgpu/libvgpu.so");
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", rig.gpu(0), 3000, 30).build());

        rig.start("uid-shared", "main", "mp-000");

        assertThat(StreamSupport.stream(rig.edits("mp-000").path("mounts").spliterator(), false)
                        .filter(mount -> mount.path("containerPath")
                                .asText()
                                .equals(vgpu.resolve("libvgpu.so").toString()))
                        .map(mount -> mount.path("hostPath").asText()))
                .containsExactly(newest.toString());
        await().untilAsserted(() -> assertThat(
                        rig.cluster.pod("uid-shared").getMetadata().getAnnotations())
                .containsEntry(Annotations.BIND_PHASE, "success"));
        assertThat(rig.cluster.told()).noneMatch(event -> event.contains("SharingLibraryMissing"));
    }

    @Test
    void aNodeWithTheLibraryButWithoutWhatPreloadsItIsToldAbout() throws Exception {
        Path vgpu = Files.createDirectories(directory.resolve("hook/vgpu"));
        Files.writeString(vgpu.resolve("libvgpu.so"), "");
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", rig.gpu(0), 3000, 30).build());

        rig.start("uid-shared", "main", "mp-000");

        await().untilAsserted(() -> assertThat(rig.cluster.told()).anySatisfy(event -> assertThat(event)
                .startsWith("shared SharingLibraryMissing: " + vgpu.resolve("ld.so.preload"))));
    }

    @Test
    void itsDirectoryIsEmptyAtEveryStartAndOpenToEveryUser() throws Exception {
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", rig.gpu(0), 3000, 30).build());
        Path own = directory.resolve("hook/vgpu/containers/uid-shared_main");
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("kept"), "");

        rig.start("uid-shared", "main", "mp-000");
        Files.writeString(own.resolve("left.cache"), "of processes that are gone");
        Files.createDirectory(own.resolve("deep"));
        Files.createSymbolicLink(own.resolve("deep/way-out"), elsewhere);
        rig.start("uid-shared", "main", "mp-000");

        assertThat(own).isEmptyDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
                .isEqualTo("rwxrwxrwx");
        assertThat(elsewhere.resolve("kept")).exists();
    }

    @Test
    void allContainersLockInOneDirectoryOfTheHostWithTheStickyBit() throws Exception {
        rig.cluster.add(
                ReservedPod.named("shared").shared("main", rig.gpu(0), 3000, 30).build());

        rig.start("uid-shared", "main", "mp-000");

        Path locks = directory.resolve("vgpulock");
        int mode = (int) Files.getAttribute(locks, "unix:mode");
        assertThat(Integer.toOctalString(mode & 07777)).isEqualTo("1777");
        assertThat(StreamSupport.stream(rig.edits("mp-000").path("mounts").spliterator(), false)
                        .filter(mount -> mount.path("containerPath").asText().equals("/tmp/vgpulock"))
                        .map(mount -> mount.path("hostPath").asText()))
                .containsExactly(locks.toString());
    }

    @Test
    void aPodThatIsToShareAGpuKeepsItFromBeingCutBeforeItStarts() throws Exception {
        String gpu = rig.gpu(0);
        rig.cluster.add(
                ReservedPod.named("pulling").shared("main", gpu, 3000, 30).build());

        rig.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));

        await().untilAsserted(() -> assertThat(rig.agent().presence().conditions())
                .extractingByKey(gpu)
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.MODE_CHANGE_WAITS));
        rig.cluster.delete("uid-pulling");
        await().untilAsserted(() -> assertThat(rig.agent().presence().conditions())
                .extractingByKey(gpu)
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.GPU_RESET_REQUIRED));
    }

    @Test
    void aPodThatIsTornAwayKeepsItsGpuFromBeingCutWhileItsContainersMayRun() throws Exception {
        String gpu = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("torn").shared("main", gpu, 3000, 30).build());
        rig.start("uid-torn", "main", "mp-000");
        rig.cluster.tearAway("uid-torn");

        rig.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));

        await().untilAsserted(() -> assertThat(rig.agent().presence().conditions())
                .extractingByKey(gpu)
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.MODE_CHANGE_WAITS));
    }

    @Test
    void aRestartOfTheAgentDoesNotShortenTheTimeInWhichContainersOfATornAwayPodMayRun() throws Exception {
        String gpu = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("torn").shared("main", gpu, 3000, 30).build());
        rig.start("uid-torn", "main", "mp-000");
        rig.cluster.tearAway("uid-torn");
        rig.stopAgent();
        rig.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));

        rig.startAgent();

        assertThat(rig.agent().presence().conditions())
                .extractingByKey(gpu)
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.MODE_CHANGE_WAITS);
        assertThat(directory.resolve("hook/vgpu/containers/uid-torn_main")).isDirectory();
        rig.pass(Duration.ofSeconds(40));
        await().untilAsserted(() -> assertThat(rig.agent().presence().conditions())
                .extractingByKey(gpu)
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.GPU_RESET_REQUIRED));
    }

    @Test
    void afterARebootNoContainerOfATornAwayPodRuns() throws Exception {
        String gpu = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("torn").shared("main", gpu, 3000, 30).build());
        rig.start("uid-torn", "main", "mp-000");
        rig.cluster.tearAway("uid-torn");
        rig.stopAgent();
        rig.machine.reboot();
        rig.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));

        rig.startAgent();

        assertThat(rig.agent().pool().leaving()).isEmpty();
    }

    @Test
    void aMigReservationOnASharedGpuIsRefusedInsteadOfGuessed() throws Exception {
        rig.cluster.add(ReservedPod.named("wrong")
                .app("main", ReservedPod.slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());

        assertThatThrownBy(() -> rig.start("uid-wrong", "main", "mp-000"))
                .hasMessageContaining("reserved in mode mig but is now in mode hami-core");
    }

    @Test
    void limitsStayWithTheirGpusThoughOneOfThemIsFilteredWhenTheContainerStartsAgain() throws Exception {
        rig.close();
        rig = AgentRig.started(directory.resolve("two"), MachineSpec.of("NVIDIA L40S:2"), GpuMode.HAMI_CORE);
        String first = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("both")
                .sharing(
                        "main",
                        new AllocatedDevice(rig.gpu(1), AllocatedDevice.NVIDIA, 5000, 10),
                        new AllocatedDevice(first, AllocatedDevice.NVIDIA, 3000, 10))
                .build());
        rig.start("uid-both", "main", "mp-000", "mp-001");
        assertThat(rig.environment("mp-000"))
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_0", "3000m")
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_1", "5000m");

        rig.filter(first);
        await().until(() -> rig.agent().presence().modeOf(first).isEmpty());
        rig.restart("mp-000", "mp-001");

        assertThat(rig.environment("mp-000"))
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_0", "3000m")
                .containsEntry("CUDA_DEVICE_MEMORY_LIMIT_1", "5000m");
    }
}
