package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.FilterDevices;
import io.migpool.config.GpuModes;
import io.migpool.config.LabelDriven;
import io.migpool.config.MigStrategy;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeOverrides;
import io.migpool.config.NodeSelection;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GPUs that configuration keeps out of the pool. */
class FilteredGpusTest {

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
    void filteredGpusStayOutByUuidAndByIndex() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":3"), GpuMode.MIG);
        node.nodes.change(
                settings(GpuMode.MIG, new FilterDevices(List.of(node.gpu(0)), List.of(2)), NodeOverrides.NONE));

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.uuid())
                .isEqualTo(node.gpu(1))));
    }

    @Test
    void filteredGpusAreLeftAloneWhateverTheirModeSays() throws Exception {
        AgentRig node = start(MachineSpec.of(H100 + ":2").withMigEnabled(false), GpuMode.HAMI_CORE);
        node.nodes.change(NodeSettings.parse("""
                {"nodeconfig": [{"name": "%s", "operatingmode": "mig", "filterdevices": {"index": [1]},
                  "gpus": [{"index": 1, "operatingmode": "mig"}]}]}""".formatted(ReservedPod.NODE)));

        await().untilAsserted(() -> assertThat(gpus(node)).singleElement().satisfies(gpu -> assertThat(gpu.mode())
                .isEqualTo(GpuMode.MIG)));
        assertThat(node.machine.snapshot().gpus())
                .extracting(gpu -> gpu.migMode().enabled())
                .containsExactly(true, false);
    }

    @Test
    void whatThePoolKeptOnAGpuIsNobodysOnceItIsFiltered() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":2"), GpuMode.MIG);
        String gpu = node.gpu(0);
        for (int start = 0; start < 2; start++) {
            String pod = "pod-" + start;
            node.cluster.add(ReservedPod.named(pod)
                    .app("main", slice(gpu, "1g.10gb", start, 1))
                    .build());
            node.start("uid-" + pod, "main", "mp-00" + start);
        }
        node.cluster.delete("uid-pod-0");
        await().until(() -> states(node).equals(List.of(InstanceState.IDLE, InstanceState.ACTIVE)));

        node.filter(gpu);
        await().until(() -> gpus(node).size() == 1);
        node.pool().sweep().join();
        assertThat(states(node)).contains(InstanceState.ACTIVE);
        node.cluster.delete("uid-pod-1");
        await().until(() -> states(node).equals(List.of(InstanceState.IDLE, InstanceState.IDLE)));
        node.pass(Duration.ofMinutes(1));
        await().until(() -> states(node).equals(List.of(InstanceState.FOREIGN, InstanceState.FOREIGN)));

        node.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));
        await().until(() -> gpus(node).size() == 2);
        assertThat(states(node)).containsExactly(InstanceState.FOREIGN, InstanceState.FOREIGN);
        node.cluster.add(ReservedPod.named("later")
                .app("main", slice(gpu, "1g.10gb", 2, 1))
                .build());
        assertThat(node.start("uid-later", "main", "mp-003")).hasSize(1);
    }

    @Test
    void aGpuThatIsFilteredForAMomentKeepsItsIdleInstances() throws Exception {
        AgentRig node = start(MachineSpec.of(A100 + ":2"), GpuMode.MIG);
        node.cluster.add(ReservedPod.named("pod")
                .app("main", slice(node.gpu(0), "1g.10gb", 0, 1))
                .build());
        node.start("uid-pod", "main", "mp-000");
        node.cluster.delete("uid-pod");
        await().until(() -> states(node).equals(List.of(InstanceState.IDLE)));

        node.filter(node.gpu(0));
        await().until(() -> gpus(node).size() == 1);
        node.pass(Duration.ofSeconds(59));
        node.nodes.change(new NodeSettings(List.of(NodeConfig.of(ReservedPod.NODE, GpuMode.MIG))));
        await().until(() -> gpus(node).size() == 2);

        assertThat(states(node)).containsExactly(InstanceState.IDLE);
    }

    private static List<InstanceState> states(AgentRig node) {
        return node.pool().instances().stream().map(MigInstance::state).toList();
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

    private static List<GpuInventory> gpus(AgentRig node) throws Exception {
        return NodeRegistration.fromAnnotations(node.cluster.nodeAnnotations());
    }
}
