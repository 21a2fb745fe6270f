package io.migpool.deviceplugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kubelet comes, goes and hangs up. */
class KubeletWeatherTest {

    @TempDir
    Path directory;

    private AgentRig rig;

    @BeforeEach
    void startNode() throws Exception {
        rig = AgentRig.started(directory, "NVIDIA A100-SXM4-80GB");
    }

    @AfterEach
    void stopNode() {
        rig.close();
    }

    @Test
    void thePluginAsksForPreStartAndHasNoPreferences() {
        assertThat(rig.kubelet.options().getPreStartRequired()).isTrue();
        assertThat(rig.kubelet.options().getGetPreferredAllocationAvailable()).isFalse();
    }

    @Test
    void aRestartedKubeletHasThePluginBackWithinSeconds() throws Exception {
        rig.kubelet.stop();
        rig.kubelet.start();

        await().atMost(Duration.ofSeconds(60)).until(() -> rig.kubelet.devices().size() == 7);
        assertThat(rig.kubelet.allocate("mp-000").getCdiDevicesCount()).isEqualTo(1);
    }

    @Test
    void aDroppedStreamIsFollowedByOneRegistration() {
        int before = rig.kubelet.registrations().size();

        rig.kubelet.hangUp();

        await().until(() -> rig.kubelet.registrations().size() == before + 1
                && rig.kubelet.devices().size() == 7);
        await().during(Duration.ofMillis(1500))
                .atMost(Duration.ofSeconds(60))
                .until(() -> rig.kubelet.registrations().size() == before + 1);
    }

    @Test
    void theAgentIsReadyOnlyWhileKubeletListens() {
        await().until(() -> rig.agent().plugin().isRegistered());

        rig.kubelet.stop();

        await().until(() -> !rig.agent().plugin().isRegistered());
    }
}
