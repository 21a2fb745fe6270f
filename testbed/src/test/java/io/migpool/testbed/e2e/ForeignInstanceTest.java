package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Another program creates instances on a node of the pool. */
class ForeignInstanceTest {

    private static final String NODE = "mig-node-a";
    private static final String NODE_CONFIG = """
            {"nodeconfig": [{"name": "mig-node-a", "operatingmode": "mig"}]}
            """;

    @Test
    void itIsRespectedAndItsSpaceIsNotGivenAway() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                List.of(NodeSpec.mig(NODE, "NVIDIA H100 80GB HBM3:1")), SharedCluster.DEVICE_CONFIG, NODE_CONFIG);
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            var machine = cluster.node(NODE).machine();
            String gpu = machine.snapshot().gpus().getFirst().description().uuid();
            cluster.node(NODE).stopAgent();
            GpuInstance foreign =
                    machine.createForeignInstance(gpu, MigProfile.parse("3g.40gb"), new Placement(4, 4), 3);
            cluster.restartAgent(NODE);

            workload.run(GpuPod.named("beside").container("main", "gpu", "1", "gpumem", "40000"));
            workload.create(GpuPod.named("no-room").container("main", "gpu", "1", "gpumem", "8000"));

            assertThat(workload.instancesOf("beside"))
                    .singleElement()
                    .extracting(MigAllocation::placement)
                    .isEqualTo(new Placement(0, 4));
            assertThat(workload.awaitRefusal("no-room")).contains("0/1 nodes are available");
            assertThat(machine.snapshot().gpus().getFirst().instances())
                    .anySatisfy(
                            instance -> assertThat(instance.isSameAs(foreign)).isTrue());
        }
    }

    @Test
    void aPodThatWasReservedItsPlaceBeforeAnybodyKnewIsMovedToTheOneThatIsLeft() throws Exception {
        ClusterSpec spec = ClusterSpec.fast(
                        List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:2")),
                        SharedCluster.DEVICE_CONFIG,
                        NODE_CONFIG)
                // The agent does not read the GPUs before the pod starts.
                .withSettings(Map.of("migpool.instance.sweep-interval", "PT10M"));
        try (EmbeddedCluster cluster = EmbeddedCluster.start(spec);
                Workload workload = Workload.inNewNamespace(cluster)) {
            var machine = cluster.node(NODE).machine();
            String first = machine.snapshot().gpus().get(0).description().uuid();
            String second = machine.snapshot().gpus().get(1).description().uuid();
            machine.createForeignInstance(first, MigProfile.parse("7g.80gb"), new Placement(0, 8), 7);
            machine.createForeignInstance(second, MigProfile.parse("3g.40gb"), new Placement(4, 4), 3);
            machine.createForeignInstance(second, MigProfile.parse("2g.20gb"), new Placement(0, 2), 2);
            machine.createForeignInstance(second, MigProfile.parse("1g.10gb"), new Placement(2, 1), 1);

            workload.run(GpuPod.named("moved").container("main", "gpu", "1", "gpumem", "8000"));

            assertThat(workload.instancesOf("moved")).singleElement().satisfies(instance -> {
                assertThat(instance.gpuUuid()).isEqualTo(second);
                assertThat(instance.placement()).isEqualTo(new Placement(3, 1));
            });
            assertThat(workload.devicesSeenBy("moved", "main")).isEqualTo(workload.migUuidsOf("moved"));
            assertThat(workload.pod("moved").getMetadata().getAnnotations())
                    .hasEntrySatisfying(Annotations.DEVICES_ALLOCATED, devices -> assertThat(devices)
                            .startsWith(second));
        }
    }
}
