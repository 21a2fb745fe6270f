package io.migpool.deviceplugin.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.deviceplugin.cluster.FakeCluster;
import io.migpool.runtime.time.Loop;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConflictingOperandsTest {

    private final FakeCluster cluster = new FakeCluster();
    private Optional<Boolean> pluginIsWelcome = Optional.of(false);
    private final ConflictingOperands rivals = new ConflictingOperands(
            cluster, cluster, new OperandLabels(cluster.labels(), false), () -> pluginIsWelcome);

    private static Pod pod(String name, Map<String, String> labels) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("gpu-operator")
                .withName(name)
                .withUid("uid-" + name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build();
    }

    @ParameterizedTest
    @CsvSource({
        "app, nvidia-device-plugin-daemonset, RivalDevicePlugin, nvidia.com/gpu.deploy.device-plugin=false",
        "app.kubernetes.io/name, nvidia-device-plugin, RivalDevicePlugin, nvidia.com/gpu.deploy.device-plugin=false",
        "name, nvidia-device-plugin-ds, RivalDevicePlugin, nvidia.com/gpu.deploy.device-plugin=false",
        "app.kubernetes.io/component, hami-device-plugin, RivalDevicePlugin, gpu=off",
        "app, nvidia-mig-manager, RivalMigManager, nvidia.com/gpu.deploy.mig-manager=false"
    })
    void aRivalIsNamedWithWhatToDo(String label, String value, String reason, String remedy) {
        cluster.add(pod("rival", Map.of(label, value)));

        rivals.look();

        assertThat(cluster.told()).singleElement().satisfies(told -> assertThat(told)
                .startsWith("node " + reason + ": pod gpu-operator/rival ")
                .contains(remedy));
    }

    @Test
    void itIsToldOnceUntilAnotherPodTakesItsPlace() {
        cluster.add(pod("first", Map.of("app", "nvidia-mig-manager")));
        rivals.look();
        rivals.look();
        assertThat(cluster.told()).hasSize(1);

        cluster.delete("uid-first");
        rivals.look();
        cluster.add(pod("second", Map.of("app", "nvidia-mig-manager")));
        rivals.look();
        assertThat(cluster.told()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "app, nvidia-device-plugin-daemonset, false",
        "app.kubernetes.io/name, nvidia-device-plugin, false",
        "name, nvidia-device-plugin-ds, false",
        "app.kubernetes.io/component, hami-device-plugin, true",
        "app, nvidia-mig-manager, true"
    })
    void whereNvidiasPluginIsToHandTheGpusOutItIsNone(String label, String value, boolean told) {
        pluginIsWelcome = Optional.of(true);
        cluster.add(pod("rival", Map.of(label, value)));

        rivals.look();

        assertThat(cluster.told().isEmpty()).isNotEqualTo(told);
    }

    @Test
    void whenThePoolHasGpusAgainTheSamePluginIsOne() {
        pluginIsWelcome = Optional.of(true);
        cluster.add(pod("plugin", Map.of("app", "nvidia-device-plugin-daemonset")));
        rivals.look();
        assertThat(cluster.told()).isEmpty();

        pluginIsWelcome = Optional.of(false);
        rivals.look();

        assertThat(cluster.told()).hasSize(1);
    }

    @Test
    void whileNobodyKnowsWhoseTheGpusAreItIsLookedAgainSoon() {
        pluginIsWelcome = Optional.empty();
        cluster.add(pod("plugin", Map.of("app", "nvidia-device-plugin-daemonset")));
        assertThat(rivals.look()).isEqualTo(Loop.Next.RETRY_SOON);
        assertThat(cluster.told()).isEmpty();

        pluginIsWelcome = Optional.of(false);

        assertThat(rivals.look()).isEqualTo(Loop.Next.AFTER_PAUSE);
        assertThat(cluster.told()).hasSize(1);
    }

    @Test
    void otherPodsAreNone() {
        cluster.add(pod("dcgm", Map.of("app", "nvidia-dcgm-exporter")));
        cluster.add(pod("own", Map.of("app.kubernetes.io/name", "migpool-device-plugin")));

        assertThat(rivals.look()).isEqualTo(Loop.Next.AFTER_PAUSE);
        assertThat(cluster.told()).isEmpty();
    }

    @Test
    void theGpuOperatorIsToldToDeployNoneHereIfThatIsWanted() throws Exception {
        Map<String, String> labels = Map.of(
                "nvidia.com/gpu.deploy.device-plugin", "true",
                "nvidia.com/gpu.deploy.mig-manager", "true",
                "nvidia.com/gpu.deploy.dcgm-exporter", "true");
        cluster.labels().patch(labels, Set.of());
        rivals.look();
        assertThat(cluster.labels().current().orElseThrow()).containsAllEntriesOf(labels);

        displacing().look();

        assertThat(cluster.labels().current().orElseThrow())
                .containsEntry("nvidia.com/gpu.deploy.device-plugin", "false")
                .containsEntry("nvidia.com/gpu.deploy.mig-manager", "false")
                .containsEntry("nvidia.com/gpu.deploy.dcgm-exporter", "true");
    }

    @Test
    void aPluginThatIsWelcomeStaysAndSoDoesWhatIsPausedOrNotTheOperators() throws Exception {
        pluginIsWelcome = Optional.of(true);
        Map<String, String> labels = Map.of(
                "nvidia.com/gpu.deploy.device-plugin", "true",
                "nvidia.com/gpu.deploy.mig-manager", "paused-for-mig-change");
        cluster.labels().patch(labels, Set.of());

        assertThat(displacing().look()).isEqualTo(Loop.Next.AFTER_PAUSE);

        assertThat(cluster.labels().current().orElseThrow()).containsAllEntriesOf(labels);
        pluginIsWelcome = Optional.empty();
        displacing().look();
        assertThat(cluster.labels().current().orElseThrow()).containsAllEntriesOf(labels);
    }

    @Test
    void whileNobodyAnswersItIsTriedAgainSoon() throws Exception {
        cluster.labels().patch(Map.of("nvidia.com/gpu.deploy.mig-manager", "true"), Set.of());
        cluster.unreachable();
        assertThat(displacing().look()).isEqualTo(Loop.Next.RETRY_SOON);

        cluster.reachableAgain();

        assertThat(displacing().look()).isEqualTo(Loop.Next.AFTER_PAUSE);
        assertThat(cluster.labels().current().orElseThrow())
                .containsEntry("nvidia.com/gpu.deploy.mig-manager", "false");
    }

    private ConflictingOperands displacing() {
        return new ConflictingOperands(
                cluster, cluster, new OperandLabels(cluster.labels(), true), () -> pluginIsWelcome);
    }
}
