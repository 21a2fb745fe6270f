package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.SettingsStatus.State;
import io.migpool.contracts.mig.GpuMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ConfigMaps watched at an API server. */
class ApiServerTest {

    private static final String DEVICES = "hami-scheduler-device";
    private static final String NODES = "hami-device-plugin";
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration A_SERVER_IS_FOUND_WITHIN = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private int port;

    @BeforeEach
    void choosePort() throws IOException {
        port = ApiServerDouble.freePort();
    }

    private PoolSettings open(Map<String, String> more) throws IOException {
        Map<String, String> properties = new HashMap<>(more);
        properties.put(
                "migpool.kubernetes.kubeconfig",
                ApiServerDouble.kubeconfig(directory, port).toString());
        return PoolSettings.open(TestConfigs.discovered(TestConfigs.overrides(properties)));
    }

    @Test
    void documentsAreInForceWhenTheSettingsOpenAndFollowEveryEdit() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port)) {
            server.apply(DEVICES, Map.of("device-config.yaml", Documents.text("geometries-in-section.yaml")));
            server.apply(NODES, Map.of("config.json", Documents.text("nodes-brief.json")));
            try (PoolSettings settings = open(Map.of())) {
                assertThat(settings.devices().status().state()).isEqualTo(State.VALID);
                assertThat(settings.devices().current().knownMigGeometries()).hasSize(3);
                assertThat(settings.nodes().current().forNode("MIG-NODE-A", Map.of()))
                        .isPresent();
                List<NodeSettings> told = new CopyOnWriteArrayList<>();
                settings.nodes().onChange(told::add);

                server.apply(
                        NODES,
                        Map.of("config.json", "{\"nodeconfig\": [{\"name\": \"n\", \"operatingmode\": \"mig\"}]}"));

                await().until(() -> told.size() == 1);
                assertThat(told.getFirst().nodes()).containsExactly(NodeConfig.of("n", GpuMode.MIG));
            }
        }
    }

    @Test
    void anEditOfEitherConfigMapIsInForceWithinASecond() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port);
                PoolSettings settings = open(Map.of())) {
            LatestEdit.assertInForceWithinASecond(
                    cores -> server.apply(
                            DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: %d}".formatted(cores))),
                    cores -> settings.devices().current().defaults().cores() == cores);
            LatestEdit.assertInForceWithinASecond(
                    number -> server.apply(
                            NODES, Map.of("config.json", "{\"nodeconfig\": [{\"name\": \"n%d\"}]}".formatted(number))),
                    number -> settings.nodes()
                            .current()
                            .forNode("n" + number, Map.of())
                            .isPresent());
        }
    }

    @Test
    void anInvalidEditKeepsTheLastGoodSettings() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port)) {
            server.apply(DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: 10}"));
            try (PoolSettings settings = open(Map.of())) {
                server.apply(DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: -1}"));

                await().atMost(SOON).until(() -> !settings.devices().status().isValid());
                assertThat(settings.devices().status().message())
                        .isEqualTo(
                                "device-config.yaml line 1, column 10: nvidia.defaultCores '-1' is out of range; expected"
                                        + " a whole number from 0 to 100");
                assertThat(settings.devices().current().defaults().cores()).isEqualTo(10);
            }
        }
    }

    @Test
    void aConfigMapWithoutTheKeySaysWhichKeysItHas() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port)) {
            server.apply(DEVICES, Map.of("device-config.yml", "nvidia: {}"));
            try (PoolSettings settings = open(Map.of())) {
                assertThat(settings.devices().status().message())
                        .isEqualTo("ConfigMap kube-system/hami-scheduler-device has keys [device-config.yml] but not"
                                + " 'device-config.yaml'; add it");
            }
        }
    }

    @Test
    void aConfigMapThatIsCreatedLaterOrDeletedIsNoticed() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port);
                PoolSettings settings = open(Map.of("migpool.config.node-configmap", "nodes-of-mine"))) {
            assertThat(settings.nodes().status().state()).isEqualTo(State.VALID);
            assertThat(settings.nodes().current()).isEqualTo(NodeSettings.DEFAULT);

            server.apply("nodes-of-mine", Map.of("config.json", Documents.text("nodes-brief.json")));
            await().atMost(SOON).until(() -> settings.nodes()
                    .current()
                    .forNode("MIG-NODE-A", Map.of())
                    .isPresent());

            server.delete("nodes-of-mine");
            await().atMost(SOON).until(() -> !settings.nodes().status().isValid());
            assertThat(settings.nodes().status().message())
                    .isEqualTo("ConfigMap kube-system/nodes-of-mine is gone; its last content stays in "
                            + "force until it is created again");
            assertThat(settings.nodes().current().forNode("MIG-NODE-A", Map.of()))
                    .isPresent();
        }
    }

    @Test
    void aServerThatIsDownAtTheStartIsWaitedForInTheBackground() throws IOException {
        try (PoolSettings settings = open(Map.of("migpool.config.initial-wait", "PT0.2S"))) {
            assertThat(settings.devices().status().state()).isEqualTo(State.WAITING);
            assertThat(settings.devices().current()).isEqualTo(DeviceSettings.DEFAULT);
            assertThat(settings.devices().isKnown()).isFalse();

            try (ApiServerDouble server = new ApiServerDouble(port)) {
                server.apply(DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: 10}"));

                await().atMost(A_SERVER_IS_FOUND_WITHIN)
                        .until(() -> settings.devices().current().defaults().cores() == 10
                                && settings.nodes().status().state() == State.VALID);
                assertThat(settings.devices().isKnown()).isTrue();
            }
        }
    }

    @Test
    void afterCloseEditsAreNotFollowed() throws IOException {
        try (ApiServerDouble server = new ApiServerDouble(port)) {
            server.apply(DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: 10}"));
            PoolSettings settings = open(Map.of());
            settings.close();
            settings.close();
            server.apply(DEVICES, Map.of("device-config.yaml", "nvidia: {defaultCores: 20}"));

            await().during(Duration.ofMillis(300))
                    .atMost(SOON)
                    .until(() -> settings.devices().current().defaults().cores() == 10);
        }
    }
}
