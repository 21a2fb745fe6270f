package io.migpool.deviceplugin;

import static io.migpool.deviceplugin.ReservedPod.slice;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kubelet gives a start 30 s and then tells nobody why: the agent answers before, whatever the API server does. */
class SlowApiServerTest {

    @TempDir
    Path directory;

    private AgentRig rig;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB");
    }

    @AfterEach
    void stopNode() {
        rig.cluster.answerAgain();
        rig.close();
    }

    @Test
    void aRepairThatCannotBeWrittenInTimeEndsWithItsOwnReason() throws Exception {
        rig.machine.createForeignInstance(rig.gpu(0), MigProfile.parse("2g.20gb"), new Placement(0, 2), 2);
        rig.cluster.add(ReservedPod.named("blocked")
                .app("main", slice(rig.gpu(0), "1g.10gb", 1, 1))
                .build());
        rig.cluster.stall();

        assertThatThrownBy(() -> rig.start("uid-blocked", "main", "mp-000"))
                .hasMessageContaining("2g.20gb at 0:2")
                .hasMessageContaining("the pod was not moved")
                .hasMessageContaining("no answer within");

        rig.cluster.answerAgain();
        rig.restart("mp-000");
    }

    @Test
    void aPodThatCannotBeReadInTimeDoesNotStart() throws Exception {
        rig.cluster.stopWatching();
        rig.cluster.add(ReservedPod.named("unseen")
                .app("main", slice(rig.gpu(0), "1g.10gb", 0, 1))
                .build());
        rig.kubelet.servePodResources(directory.resolve("pr.sock"));
        rig.kubelet.podResources("default", "unseen", "main", "mp-000");
        rig.cluster.stall();

        assertThatThrownBy(() -> rig.start("uid-unseen", "main", "mp-000"))
                .hasMessageContaining("cannot read what is reserved");

        rig.cluster.answerAgain();
        rig.restart("mp-000");
    }
}
