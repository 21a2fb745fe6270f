package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.GpuLink;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What errors of the hardware do to the offer of the node and to its pods. */
class SickGpuTest {

    @TempDir
    Path directory;

    private AgentRig rig;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA H100 80GB HBM3:2");
        await().until(() -> health().equals(List.of(true, true)));
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void anXidTakesItsGpuOutOfUseUntilItIsOver() throws Exception {
        rig.machine.raiseXid(rig.gpu(0), 95);

        await().until(() -> health().equals(List.of(false, true)));
        await().until(() -> unhealthySlots() == 7);
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event ->
                        assertThat(event).startsWith("node GpuUnhealthy:").contains(rig.gpu(0), "Xid 95")));
        await().until(() -> health().equals(List.of(true, true)));
        await().until(() -> unhealthySlots() == 0);
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .filteredOn(event -> event.startsWith("node GpuRecovered:"))
                .singleElement()
                .satisfies(event -> assertThat(event).contains(rig.gpu(0))));
    }

    @Test
    void aGpuThatComesLateIsToldAsMissingUntilItIsTakenInWithoutARestart() throws Exception {
        rig.stopAgent();
        DriverWithoutGpu driver = new DriverWithoutGpu(rig.machine.openDriver(), 1);
        rig.startAgent(driver);

        await().until(() -> health().equals(List.of(true)));
        await().untilAsserted(() -> assertThat(rig.cluster.told()).anySatisfy(event -> assertThat(event)
                .startsWith("node GpuUnidentified:")
                .contains("GPU 1", "it fell off the bus", "keeps checking")));
        await().untilAsserted(() -> assertThat(conditions()).singleElement().satisfies(condition -> {
            assertThat(condition.index()).isEqualTo(1);
            assertThat(condition.reason()).isEqualTo("GpuUnidentified");
        }));
        assertThat(rig.agent().presence().conditions()).containsOnlyKeys("index-1");
        await().until(() -> rig.kubelet.devices().size() == 7);
        List<String> neighbour = rig.runPod("neighbour", "mp-000", 0);

        driver.repair();
        driver.lookForMore();

        await().until(() -> health().equals(List.of(true, true)));
        await().until(() -> rig.kubelet.devices().size() == 14);
        await().until(() -> conditions().isEmpty());
        assertThat(rig.agent().presence().conditions()).isEmpty();
        assertThat(rig.pool().queued()).containsOnlyKeys(rig.gpu(0), rig.gpu(1));
        rig.cluster.add(ReservedPod.named("late")
                .app("main", slice(rig.gpu(1), "2g.20gb", 2, 2))
                .build());
        assertThat(rig.start("uid-late", "main", "mp-013")).hasSize(1);
        assertThat(rig.instances(1)).containsExactly("2g.20gb at 2:2");
        assertThat(rig.restart("mp-000")).isEqualTo(neighbour);
        rig.machine.raiseXid(rig.gpu(1), 79);
        await().until(() -> health().equals(List.of(true, false)));
    }

    @Test
    void aFilteredGpuThatComesLateStaysOut() throws Exception {
        rig.stopAgent();
        rig.filter(rig.gpu(0));
        DriverWithoutGpu driver = new DriverWithoutGpu(rig.machine.openDriver(), 0);
        rig.startAgent(driver);
        await().until(() -> health().equals(List.of(true)));
        await().until(() -> conditions().size() == 1);

        driver.repair();
        driver.lookForMore();

        await().until(() -> conditions().isEmpty());
        await().until(() -> rig.pool().queued().size() == 2);
        assertThat(NodeRegistration.decode(rig.cluster.nodeAnnotations().getOrDefault(Annotations.NODE_REGISTER, "")))
                .extracting(GpuInventory::uuid)
                .containsExactly(rig.gpu(1));
        assertThat(rig.kubelet.devices()).hasSize(7);
    }

    private List<GpuConditions.Condition> conditions() throws Exception {
        return GpuConditions.decode(rig.cluster.nodeAnnotations().getOrDefault(Annotations.NODE_GPU_CONDITIONS, ""));
    }

    @Test
    void aGpuThatHangsDelaysNothingThatConcernsTheOthers() throws Exception {
        rig.stopAgent();
        HangingDriver driver = new HangingDriver(rig.machine.openDriver());
        rig.startAgent(driver);
        await().until(() -> health().equals(List.of(true, true)));

        driver.hang(rig.gpu(1));
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.NODE_REBOOT);
        await().until(() -> health().equals(List.of(false, true)));
        rig.machine.resetGpu(rig.gpu(0));
        await().until(() -> health().equals(List.of(true, true)));
    }

    @Test
    void howTheGpusAreLinkedIsReadBesideTheRest() throws Exception {
        rig.stopAgent();
        DriverWithoutGpu late = new DriverWithoutGpu(rig.machine.openDriver(), 1);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean hangs = new AtomicBoolean();
        rig.startAgent(new ForwardingDriver(late) {
            @Override
            public List<GpuLink> links() throws GpuException {
                if (hangs.get()) {
                    asked.countDown();
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
                return super.links();
            }
        });
        await().until(() -> health().equals(List.of(true)));
        hangs.set(true);

        late.repair();
        late.lookForMore();

        await().until(() -> asked.getCount() == 0);
        await().until(() -> health().equals(List.of(true, true)));
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.NODE_REBOOT);
        await().until(() -> health().equals(List.of(false, true)));
    }

    @Test
    void aGpuThatTakesLongToSwitchMigModeDelaysNothingThatConcernsTheOthers() throws Exception {
        rig.close();
        rig = AgentRig.unstarted(
                directory.resolve("off"),
                MachineSpec.of("NVIDIA H100 80GB HBM3:2").withMigEnabled(false).withSeed(7));
        rig.machine.inject(rig.gpu(1), SimulatedFault.stallNext("enableMig", 600_000));

        rig.startAgent();

        await().until(() -> health().equals(List.of(true)));
        assertThat(rig.agent().presence().conditions())
                .hasEntrySatisfying(
                        rig.gpu(1), condition -> assertThat(condition.note()).contains("is being switched on"));
        List<String> before = rig.runPod("first", "mp-000", 0);
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.NODE_REBOOT);
        await().until(() -> health().equals(List.of(false)));
        rig.cluster.delete("uid-first");
        await().until(() ->
                rig.pool().instances().stream().anyMatch(instance -> instance.state() == InstanceState.IDLE));
        assertThat(rig.runPod("next", "mp-001", 0)).isEqualTo(before);
    }

    @Test
    void aGpuThatNeedsARepairIsOutOfUseUntilItIsRepaired() throws Exception {
        rig.machine.needRecovery(rig.gpu(1), RecoveryAction.DRAIN_AND_RESET);
        await().until(() -> health().equals(List.of(true, false)));
        await().untilAsserted(() -> assertThat(rig.cluster.told()).anySatisfy(event -> assertThat(event)
                .startsWith("node GpuUnhealthy:")
                .contains("DRAIN_AND_RESET", "take the node agent off the node", "nvidia-smi --gpu-reset")));

        rig.machine.resetGpu(rig.gpu(1));

        await().until(() -> health().equals(List.of(true, true)));
    }

    @Test
    void aGpuThatRefusesEachCreationInOtherWordsIsToldAboutOnce() throws Exception {
        rig.stopAgent();
        AtomicInteger refusals = new AtomicInteger();
        rig.startAgent(new ForwardingDriver(rig.machine.openDriver()) {
            @Override
            public GpuInstance createGpuInstance(String gpuUuid, MigProfile profile, Placement placement)
                    throws GpuException {
                throw new GpuException(
                        GpuErrorCode.UNKNOWN, "createGpuInstance", gpuUuid, "attempt " + refusals.incrementAndGet());
            }
        });
        await().until(() -> health().equals(List.of(true, true)));

        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> failToStart("first", "mp-000"));
        await().until(() -> refusals.get() >= 2);
        rig.pass(Duration.ofSeconds(10));
        await().until(() -> health().equals(List.of(false, true)));
        first.join();
        failToStart("second", "mp-001");

        assertNothingFurtherIsToldAboutTheFirstGpu(1);
    }

    @Test
    void conditionsThatAlternateAreToldOnceEach() throws Exception {
        for (RecoveryAction needed : List.of(
                RecoveryAction.DRAIN_AND_RESET,
                RecoveryAction.NODE_REBOOT,
                RecoveryAction.DRAIN_AND_RESET,
                RecoveryAction.NODE_REBOOT)) {
            rig.machine.needRecovery(rig.gpu(0), needed);
            await().until(() ->
                    conditions().stream().anyMatch(condition -> condition.note().contains(needed.name())));
        }

        assertNothingFurtherIsToldAboutTheFirstGpu(2);

        rig.machine.resetGpu(rig.gpu(0));
        await().until(() -> health().equals(List.of(true, false)));
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.NODE_REBOOT);
        await().until(() -> toldAboutTheFirstGpu() == 3);
    }

    private void failToStart(String pod, String slot) {
        assertThatThrownBy(() -> rig.runPod(pod, slot, 0)).hasMessageContaining("attempt");
    }

    /** The other GPU has trouble, too: when that has been told, everything before it has been. */
    private void assertNothingFurtherIsToldAboutTheFirstGpu(int sofar) throws Exception {
        String other = rig.gpu(1);
        rig.machine.needRecovery(other, RecoveryAction.DRAIN_P2P);
        await().until(() -> rig.cluster.told().stream().anyMatch(event -> event.contains(other)));
        assertThat(toldAboutTheFirstGpu()).isEqualTo(sofar);
    }

    private long toldAboutTheFirstGpu() throws Exception {
        String gpu = rig.gpu(0);
        return rig.cluster.told().stream()
                .filter(event -> event.startsWith("node GpuUnhealthy:") && event.contains(gpu))
                .count();
    }

    @Test
    void theSlotOfAPodThatStartsOnASickGpuIsItsSlotFromThenOn() throws Exception {
        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.DRAIN_P2P);
        await().until(() -> unhealthySlots() == 7);

        rig.runPod("late", "mp-000", 0);

        await().untilAsserted(() -> assertThat(rig.kubelet.devices())
                .filteredOn(device -> device.getHealth().equals("Unhealthy"))
                .hasSize(7)
                .extracting(Device::getID)
                .contains("mp-000"));
    }

    @Test
    void slotsOfPodsThatHaveEndedAreTakenBackAlsoWhileKubeletStillHasThemInItsFile() throws Exception {
        for (int i = 0; i < 14; i++) {
            String slot = "mp-%03d".formatted(i);
            rig.cluster.add(ReservedPod.named("ended-" + i)
                    .app("main", slice(rig.gpu(i / 7), "1g.10gb", i % 7, 1))
                    .build());
            rig.kubelet.allocate(slot);
            rig.kubelet.checkpoint("uid-ended-" + i, "main", slot);
            rig.cluster.delete("uid-ended-" + i);
        }

        rig.machine.needRecovery(rig.gpu(0), RecoveryAction.DRAIN_AND_RESET);

        await().untilAsserted(() -> assertThat(unhealthySlots()).isEqualTo(7));
        assertThat(rig.kubelet.devices()).hasSize(14);
    }

    @Test
    void anXidOfAnInstanceHurtsNeitherTheGpuNorItsNeighboursAndNoOtherPodGetsTheInstance() throws Exception {
        List<String> hit = rig.runPod("hit", "mp-000", 0);
        List<String> neighbour = rig.runPod("neighbour", "mp-001", 1);

        rig.machine.raiseXid(hit.getFirst(), 94);
        await().untilAsserted(() -> assertThat(rig.cluster.told())
                .anySatisfy(event ->
                        assertThat(event).startsWith("hit InstanceUnhealthy:").contains("Xid 94", "1g.10gb at 0:1")));
        assertThat(health()).containsExactly(true, true);
        assertThat(rig.instances(0)).containsExactly("1g.10gb at 0:1", "1g.10gb at 1:1");

        rig.cluster.delete("uid-hit");
        await().until(() -> rig.instances(0).equals(List.of("1g.10gb at 1:1")));
        assertThat(rig.restart("mp-001")).isEqualTo(neighbour);
        assertThat(rig.runPod("next", "mp-002", 0)).hasSize(1).isNotEqualTo(hit);
        rig.cluster.delete("uid-next");
        await().until(() ->
                rig.pool().instances().stream().anyMatch(instance -> instance.state() == InstanceState.IDLE));
    }

    @Test
    void whatAProgramDoesToItselfChangesNothing() throws Exception {
        List<String> first = rig.runPod("crashing", "mp-000", 0);
        rig.machine.raiseXid(first.getFirst(), 31);
        rig.machine.raiseXid(rig.gpu(0), 13);
        rig.machine.raiseXid(rig.gpu(1), 79);

        // Events come in order: the last one has been seen, so have the others.
        await().until(() -> health().equals(List.of(true, false)));
        rig.cluster.delete("uid-crashing");
        await().until(() ->
                rig.pool().instances().stream().anyMatch(instance -> instance.state() == InstanceState.IDLE));
        assertThat(rig.runPod("next", "mp-001", 0)).isEqualTo(first);
    }

    private List<Boolean> health() throws Exception {
        return NodeRegistration.decode(rig.cluster.nodeAnnotations().getOrDefault(Annotations.NODE_REGISTER, ""))
                .stream()
                .map(GpuInventory::healthy)
                .toList();
    }

    private long unhealthySlots() {
        return rig.kubelet.devices().stream()
                .filter(device -> device.getHealth().equals("Unhealthy"))
                .count();
    }
}
