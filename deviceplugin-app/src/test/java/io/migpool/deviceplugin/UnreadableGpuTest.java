package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.wire.Reservation;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers that start again while nobody can say whether the instance of their pod exists. */
class UnreadableGpuTest {

    @TempDir
    Path directory;

    private AgentRig rig;
    private String gpu;
    private List<String> before;

    @BeforeEach
    void runPod() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB:2");
        gpu = rig.gpu(0);
        rig.cluster.add(ReservedPod.named("runs")
                .app("main", slice(gpu, "1g.10gb", 0, 1))
                .build());
        before = rig.start("uid-runs", "main", "mp-000");
        await().until(() -> rig.agent().identityWriter().waiting() == 0);
        rig.stopAgent();
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    /** A driver that cannot read the GPU of the pod. */
    private UnreadableInstances unread() {
        return new UnreadableInstances(rig.machine.openDriver(), gpu, GpuErrorCode.GPU_LOST);
    }

    @Test
    void whereTheOwnershipFileIsLostTheyWaitForTheirGpuToBeRead() throws Exception {
        loseOwnership();
        UnreadableInstances driver = unread();
        rig.startAgent(driver);
        rig.awaitRegistration();

        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("it does not answer");
        assertWasNotMoved();

        driver.answerAgain();
        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void whereTheOwnershipFileIsLostTheyWaitForTheirGpuToCome() throws Exception {
        loseOwnership();
        DriverWithoutGpu driver = new DriverWithoutGpu(rig.machine.openDriver(), 0);
        rig.startAgent(driver);
        rig.awaitRegistration();

        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("missing since the node agent started");
        assertWasNotMoved();

        driver.repair();
        driver.lookForMore();
        await().until(() -> rig.pool().queued().containsKey(gpu));
        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void whereTheFileWasLostBeforeTheLastStartTheyWaitAsWell() throws Exception {
        loseOwnership();
        rig.cluster.holdListing();
        rig.startAgent(unread());
        await("an empty file is written").until(() -> Files.exists(ownership()));
        rig.stopAgent();

        rig.cluster.list();
        UnreadableInstances driver = unread();
        rig.startAgent(driver);
        rig.awaitRegistration();
        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("it does not answer");
        assertWasNotMoved();

        driver.answerAgain();
        assertThat(rig.restart("mp-000")).isEqualTo(before);
    }

    @Test
    void anInstanceThatIsNotThereAfterAllIsCreatedOnceTheGpuIsRead() throws Exception {
        loseOwnership();
        rig.machine.reboot();
        UnreadableInstances driver = unread();
        rig.startAgent(driver);
        rig.awaitRegistration();
        assertThatThrownBy(() -> rig.restart("mp-000")).hasMessageContaining("it does not answer");

        driver.answerAgain();

        assertThat(rig.restart("mp-000")).hasSize(1).isNotEqualTo(before);
        assertThat(rig.instances(0)).containsExactly("1g.10gb at 0:1");
    }

    @Test
    void whereTheFileSaysThatTheMachineWasRebootedTheyMoveToAnotherGpu() throws Exception {
        rig.machine.reboot();
        rig.startAgent(unread());
        rig.awaitRegistration();

        assertThat(rig.restart("mp-000")).hasSize(1);

        assertThat(reservedGpu()).isEqualTo(rig.gpu(1));
    }

    private void loseOwnership() throws Exception {
        Files.delete(ownership());
    }

    private Path ownership() {
        return directory.resolve("state").resolve("ownership.json");
    }

    private void assertWasNotMoved() throws Exception {
        assertThat(reservedGpu()).isEqualTo(gpu);
        assertThat(rig.instances(1)).isEmpty();
    }

    private String reservedGpu() throws Exception {
        return Reservation.fromAnnotations(
                        rig.cluster.pod("uid-runs").getMetadata().getAnnotations())
                .orElseThrow()
                .migAllocations()
                .getFirst()
                .gpuUuid();
    }
}
