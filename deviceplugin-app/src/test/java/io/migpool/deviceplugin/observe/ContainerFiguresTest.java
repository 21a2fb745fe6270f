package io.migpool.deviceplugin.observe;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.AgentRig;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which container is said to have which instance. */
class ContainerFiguresTest {

    @TempDir
    Path directory;

    @Test
    void aPodAndItsSuccessorOfTheSameNameGiveOneRowForOneInstance() throws Exception {
        try (AgentRig rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB")) {
            Slice slice = slice(rig.gpu(0), "1g.10gb", 0, 1);
            rig.cluster.stopWatching();
            var pool = rig.pool();
            pool.realise(claim("uid-old", slice), Duration.ofMinutes(1), _ -> false)
                    .join();
            pool.restate(claim("uid-new", slice));

            assertThat(ContainerFigures.rows(pool)).hasSize(1);
        }
    }

    private static PodClaim claim(String uid, Slice slice) {
        return new PodClaim(
                uid,
                "default",
                "web-0",
                List.of(new ContainerClaim("main", 0, false, true, List.of(new ClaimedDevice.Mig(slice)))));
    }
}
