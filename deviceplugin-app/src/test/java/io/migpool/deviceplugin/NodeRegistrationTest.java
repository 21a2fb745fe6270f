package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.DeviceSettings;
import io.migpool.config.FilterDevices;
import io.migpool.config.GpuModes;
import io.migpool.config.LabelDriven;
import io.migpool.config.MigStrategy;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeOverrides;
import io.migpool.config.NodeSelection;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.kubelet.deviceplugin.Device;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.node.GpuCondition;
import io.migpool.deviceplugin.node.GpuTrouble;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the node offers to kubelet and to the cluster, and how that follows configuration. */
class NodeRegistrationTest {

    private static final String A100 = "NVIDIA A100-SXM4-80GB";
    private static final String H100 = "NVIDIA H100 80GB HBM3";

    @TempDir
    Path directory;

    private @Nullable AgentRig rig;

    @AfterEach
    void stopNode() {
        if (rig != null) {
            rig.close();
        }
    }

    private AgentRig start(MachineSpec spec, GpuMode mode) throws Exception {
        AgentRig started = AgentRig.started(directory, spec, mode);
        rig = started;
        return started;
    }

    @Test
    void aMigNodeOffersAsManySlotsAsItsGpusCouldHoldInstances() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":2"), GpuMode.MIG);

        assertThat(node.kubelet.registrations()).first().satisfies(request -> {
            assertThat(request.getVersion()).isEqualTo("v1beta1");
            assertThat(request.getEndpoint()).isEqualTo("migpool.sock");
            assertThat(request.getResourceName()).isEqualTo("nvidia.com/gpu");
            assertThat(request.getOptions().getPreStartRequired()).isTrue();
        });
        assertThat(node.kubelet.devices()).hasSize(14).allSatisfy(device -> {
            assertThat(device.getID()).matches("mp-\\d{3}");
            assertThat(device.getHealth()).isEqualTo("Healthy");
        });
        await().untilAsserted(() -> assertThat(gpus(node)).hasSize(2).allSatisfy(gpu -> {
            assertThat(gpu.mode()).isEqualTo(GpuMode.MIG);
            assertThat(gpu.slots()).isEqualTo(7);
            assertThat(gpu.healthy()).isTrue();
            assertThat(gpu.profiles()).isNotEmpty();
        }));
        assertThat(node.cluster.nodeAnnotations()).containsEntry(Annotations.NODE_STATE, "serving");
    }

    @Test
    void aSharingNodeOffersScaledMemoryAndComputeInSplitCountSlots() throws Exception {
        AgentRig node = start(MachineSpec.of(A100).withMigEnabled(false), GpuMode.HAMI_CORE);
        node.nodes.change(
                settings(GpuMode.HAMI_CORE, FilterDevices.NONE, new NodeOverrides(4, 1.5, 2.0, null, null, null)));

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> {
            assertThat(gpu.mode()).isEqualTo(GpuMode.HAMI_CORE);
            assertThat(gpu.slots()).isEqualTo(4);
            assertThat(gpu.memoryMiB()).isEqualTo(81920 * 3 / 2);
            assertThat(gpu.corePercent()).isEqualTo(200);
            assertThat(gpu.profiles()).isEmpty();
        }));
        await().until(() -> node.kubelet.devices().size() == 4);
    }

    @Test
    void migModeIsSwitchedOnWhereTheBoardAllowsIt() throws Exception {
        AgentRig node = start(MachineSpec.of(H100).withMigEnabled(false), GpuMode.MIG);

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.mode())
                .isEqualTo(GpuMode.MIG)));
        assertThat(node.machine.snapshot().gpus().getFirst().migMode().enabled())
                .isTrue();
    }

    @Test
    void aGpuThatNeedsAResetStaysOutOfThePoolAndAnEventSaysWhatToDo() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ", " + H100).withMigEnabled(false), GpuMode.MIG);

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.model())
                .isEqualTo(H100)));
        assertThat(node.cluster.told()).anySatisfy(event -> assertThat(event)
                .startsWith("node GpuResetRequired:")
                .contains("take the node agent off the node", "--gpu-reset -i " + node.gpu(0)));
        assertThat(conditions(node)).contains(node.gpu(0), "GpuResetRequired").doesNotContain(node.gpu(1));
        node.machine.resetGpu(node.gpu(0));
        await().untilAsserted(() -> assertThat(gpus(node)).hasSize(2));
        await().untilAsserted(() -> assertThat(conditions(node)).isEqualTo("[]"));
    }

    @Test
    void migModeIsNeverSwitchedOffForANodeThatIsToShareBySoftware() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        node.nodes.change(settings(GpuMode.HAMI_CORE, FilterDevices.NONE, NodeOverrides.NONE));

        await().untilAsserted(() -> assertThat(gpus(node)).isEmpty());
        assertThat(node.machine.snapshot().gpus().getFirst().migMode().enabled())
                .isTrue();
        assertThat(node.cluster.told()).anySatisfy(event -> assertThat(event).startsWith("node MigModeStillOn:"));
    }

    @Test
    void aModeThatTheNextResetWouldChangeIsToldWhileTheGpuServes() throws Exception {
        AgentRig node = start(MachineSpec.of(A100).withMigEnabled(false), GpuMode.HAMI_CORE);
        await().untilAsserted(() -> assertThat(gpus(node)).hasSize(1));
        try (GpuDriver somebodyElse = node.machine.openDriver()) {
            assertThat(somebodyElse.enableMig(node.gpu(0))).isEqualTo(MigMode.PENDING);

            await().untilAsserted(() -> assertThat(conditions(node))
                    .contains("MigModeChangesWithReset", "nvidia-smi -i " + node.gpu(0) + " -mig 0"));
            assertThat(gpus(node)).singleElement().satisfies(gpu -> {
                assertThat(gpu.mode()).isEqualTo(GpuMode.HAMI_CORE);
                assertThat(gpu.healthy()).isTrue();
            });

            somebodyElse.modeSwitch().orElseThrow().disableMig(node.gpu(0));
            await().untilAsserted(() -> assertThat(conditions(node)).isEqualTo("[]"));
        }
    }

    @Test
    void aChangeOfModeWaitsForThePodsOnTheGpuAndTakesNoNewOnes() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        node.cluster.add(ReservedPod.named("busy")
                .app("main", slice(node.gpu(0), "1g.10gb", 0, 1))
                .build());
        node.start("uid-busy", "main", "mp-000");
        node.nodes.change(settings(GpuMode.HAMI_CORE, FilterDevices.NONE, NodeOverrides.NONE));

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> {
            assertThat(gpu.mode()).isEqualTo(GpuMode.MIG);
            assertThat(gpu.healthy()).isFalse();
        }));
        assertThat(conditions(node)).contains(node.gpu(0), "ModeChangeWaits", "when its present pods have ended");
        assertThat(node.agent().presence().conditions())
                .extractingByKey(node.gpu(0))
                .extracting(GpuCondition::trouble)
                .isEqualTo(GpuTrouble.MODE_CHANGE_WAITS);
        node.cluster.delete("uid-busy");
        await().untilAsserted(() -> assertThat(gpus(node)).isEmpty());
        assertThat(conditions(node)).contains("MigModeStillOn");
    }

    @Test
    void oneGpuOfANodeMayBeCutWhileAnotherIsSharedBySoftware() throws Exception {
        AgentRig node = start(MachineSpec.of(H100 + ":3").withMigEnabled(false), GpuMode.HAMI_CORE);
        node.nodes.change(NodeSettings.parse("""
                {"nodeconfig": [{"name": "%s", "operatingmode": "hami-core", "devicesplitcount": 3, "gpus": [
                  {"index": 0, "operatingmode": "mig"}, {"uuid": "%s", "operatingmode": "mig"}]}]}""".formatted(ReservedPod.NODE, node.gpu(2))));

        await().untilAsserted(() -> assertThat(gpus(node))
                .extracting(GpuInventory::mode)
                .containsExactly(GpuMode.MIG, GpuMode.HAMI_CORE, GpuMode.MIG));
        assertThat(node.machine.snapshot().gpus())
                .extracting(gpu -> gpu.migMode().enabled())
                .containsExactly(true, false, true);
        await().until(() -> node.kubelet.devices().size() == 7 + 3 + 7);
    }

    @Test
    void labelsOfTheNodeChooseItsSettingsAndAreFollowed() throws Exception {
        AgentRig node = start(MachineSpec.of(H100).withMigEnabled(false), GpuMode.HAMI_CORE);
        node.nodes.change(NodeSettings.parse("""
                {"nodeconfig": [{"labelselector": "pool=mig", "operatingmode": "mig"},
                                {"name": "*", "devicesplitcount": 2}]}"""));
        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.slots())
                .isEqualTo(2)));

        node.cluster.labelNode(Map.of("pool", "mig"));

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.mode())
                .isEqualTo(GpuMode.MIG)));
    }

    @Test
    void whileTheNodesLabelsAreUnknownItsGpusAreOfferedAsTheyAreAndNothingIsSwitched() throws Exception {
        AgentRig node = start(MachineSpec.of(H100).withMigEnabled(false), GpuMode.HAMI_CORE);
        node.stopAgent();
        node.cluster.nodeAnnotations().clear();
        node.cluster.labelNode(Map.of("pool", "mig"));
        node.cluster.unreachable();
        node.nodes.change(NodeSettings.parse(
                "{\"nodeconfig\": [{\"labelselector\": \"pool=mig\", \"operatingmode\": \"mig\"}]}"));

        node.startAgent();
        node.awaitRegistration();

        assertThat(node.kubelet.devices()).hasSize(10);
        assertThat(node.machine.snapshot().gpus().getFirst().migMode().enabled())
                .isFalse();
        node.cluster.reachableAgain();
        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.mode())
                .isEqualTo(GpuMode.MIG)));
    }

    @Test
    void anAgentThatHasSeenNoValidNodeSettingsOffersGpusAsTheyAreAndAnnouncesNothing() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        node.stopAgent();
        Map<String, String> before = Map.copyOf(node.cluster.nodeAnnotations());
        node.nodes.neverValid(NodeSettings.DEFAULT);

        node.startAgent();
        node.awaitRegistration();

        assertThat(node.agent().presence().modeOf(node.gpu(0))).contains(GpuMode.MIG);
        assertThat(node.agent().presence().conditions()).isEmpty();
        assertThat(node.cluster.nodeAnnotations())
                .as("what the cluster was told by the agent before")
                .isEqualTo(before);
        node.nodes.change(settings(GpuMode.MIG, FilterDevices.NONE, NodeOverrides.NONE));
        await().untilAsserted(() ->
                assertThat(node.cluster.nodeAnnotations()).containsEntry(Annotations.NODE_STATE, "serving"));
    }

    @Test
    void anAgentThatHasSeenNoValidDeviceSettingsDecidesNothingByTheirDefaults() throws Exception {
        AgentRig node = start(MachineSpec.of(H100).withMigEnabled(false), GpuMode.HAMI_CORE);
        node.stopAgent();
        node.nodes.change(settings(GpuMode.MIG, FilterDevices.NONE, NodeOverrides.NONE));
        node.devices.neverValid(DeviceSettings.DEFAULT);

        node.startAgent();

        assertThat(node.agent().presence().modeOf(node.gpu(0))).contains(GpuMode.HAMI_CORE);
        assertThat(node.agent().presence().isAnnounced()).isFalse();
        node.devices.change(DeviceSettings.DEFAULT);
        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.mode())
                .isEqualTo(GpuMode.MIG)));
    }

    @Test
    void aLostGpuIsUnhealthyAndTheOthersGoOn() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":2"), GpuMode.MIG);
        node.machine.loseGpu(node.gpu(0));

        await().untilAsserted(() ->
                assertThat(gpus(node)).extracting(GpuInventory::healthy).containsExactly(false, true));
        await().until(() -> node.kubelet.devices().stream()
                        .filter(device -> device.getHealth().equals("Unhealthy"))
                        .count()
                == 7);
        node.machine.resetGpu(node.gpu(0));
        await().untilAsserted(() ->
                assertThat(gpus(node)).extracting(GpuInventory::healthy).containsExactly(true, true));
    }

    @Test
    void aSlotInUseIsAsHealthyAsTheGpuUnderItAndOfTheFreeOnesAsManyAsTheSickGpuCouldHoldAreNot() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":2"), GpuMode.MIG);
        for (int gpu = 0; gpu < 2; gpu++) {
            node.cluster.add(ReservedPod.named("on-" + gpu)
                    .app("main", slice(node.gpu(gpu), "1g.10gb", 0, 1))
                    .build());
            node.start("uid-on-" + gpu, "main", "mp-01" + gpu);
        }

        node.machine.loseGpu(node.gpu(0));

        await().untilAsserted(() -> assertThat(unhealthy(node)).hasSize(7).contains("mp-010"));
        assertThat(unhealthy(node)).as("on the GPU that is well").doesNotContain("mp-011");
        node.machine.resetGpu(node.gpu(0));
        await().untilAsserted(() -> assertThat(unhealthy(node)).isEmpty());
    }

    @Test
    void whileAChangeOfModeWaitsTheSlotsInUseStayHealthyAndNoFreeOneIs() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        node.cluster.add(ReservedPod.named("busy")
                .app("main", slice(node.gpu(0), "1g.10gb", 0, 1))
                .build());
        node.start("uid-busy", "main", "mp-003");

        node.nodes.change(settings(GpuMode.HAMI_CORE, FilterDevices.NONE, NodeOverrides.NONE));

        await().untilAsserted(() -> assertThat(unhealthy(node))
                .containsExactly("mp-000", "mp-001", "mp-002", "mp-004", "mp-005", "mp-006"));
    }

    private static List<String> unhealthy(AgentRig node) {
        return node.kubelet.devices().stream()
                .filter(device -> device.getHealth().equals("Unhealthy"))
                .map(Device::getID)
                .sorted()
                .toList();
    }

    @Test
    void anAnnotationThatSomebodyRemovesIsSetAgain() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        await().until(() -> node.agent().presence().isAnnounced());

        for (String key : List.of(Annotations.NODE_REGISTER, Annotations.NODE_GPUS)) {
            node.cluster.removeNodeAnnotation(key);

            await().untilAsserted(
                            () -> assertThat(node.cluster.nodeAnnotations()).containsKey(key));
        }
        assertThat(gpus(node)).hasSize(1);
    }

    @Test
    void theNodeIsAnnouncedOnceTheApiServerAnswers() throws Exception {
        AgentRig node = start(MachineSpec.of(A100), GpuMode.MIG);
        node.stopAgent();
        node.cluster.nodeAnnotations().clear();
        node.cluster.unreachable();
        node.startAgent();
        node.awaitRegistration();
        assertThat(node.agent().presence().isAnnounced()).isFalse();

        node.cluster.reachableAgain();

        await().until(() -> node.agent().presence().isAnnounced());
    }

    private static NodeSettings settings(GpuMode mode, FilterDevices filter, NodeOverrides overrides) {
        return new NodeSettings(List.of(new NodeConfig(
                NodeSelection.named(ReservedPod.NODE),
                mode,
                GpuModes.NONE,
                MigStrategy.NONE,
                filter,
                LabelDriven.NONE,
                overrides,
                false)));
    }

    private static String conditions(AgentRig node) {
        return node.cluster.nodeAnnotations().getOrDefault(Annotations.NODE_GPU_CONDITIONS, "");
    }

    private static List<GpuInventory> gpus(AgentRig node) throws Exception {
        return NodeRegistration.fromAnnotations(node.cluster.nodeAnnotations());
    }
}
