package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node on which everything is in use. */
class FullNodeTest {

    private static final int GPUS = 8;
    private static final int SLICES = 7;

    @Test
    void whatFiftySixPodsHaveIsKnownAgainWithoutAskingTheApiServer(@TempDir Path directory) throws Exception {
        try (AgentRig rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB:" + GPUS)) {
            Map<String, List<String>> before = new TreeMap<>();
            for (int i = 0; i < GPUS * SLICES; i++) {
                String slot = "mp-%03d".formatted(i);
                rig.cluster.add(ReservedPod.named("pod-" + i)
                        .app("main", slice(rig.gpu(i / SLICES), "1g.10gb", i % SLICES, 1))
                        .build());
                before.put(slot, rig.start("uid-pod-" + i, "main", slot));
            }
            rig.stopAgent();
            rig.cluster.unreachable();

            rig.startAgent();

            assertThat(rig.pool().instances())
                    .hasSize(GPUS * SLICES)
                    .extracting(MigInstance::state)
                    .containsOnly(InstanceState.ACTIVE);
            rig.awaitRegistration();
            for (String slot : before.keySet()) {
                assertThat(rig.restart(slot)).as(slot).isEqualTo(before.get(slot));
            }
        }
    }
}
