package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Somebody else cuts instances on a node of the pool. */
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
}
