package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configuration in force, as shown to people. */
class EffectiveConfigurationTest {

    @TempDir
    Path directory;

    private final Map<String, String> overrides = new HashMap<>();
    private final Map<String, String> defaults = new HashMap<>();

    @BeforeEach
    void writeDocuments() throws IOException {
        writeDevices("nvidia:\n  defaultCores: 8\n  deviceSplitCount: 4\n");
        Files.writeString(
                directory.resolve("config.json"), "{\"nodeconfig\": [{\"name\": \"a\", \"operatingmode\": \"mig\"}]}");
        overrides.put("migpool.config.source", "directory");
        overrides.put("migpool.config.directory", directory.toString());
    }

    @Test
    void everyKeyHasItsValueAndItsSource() {
        overrides.put("device-config.nvidia.defaultCores", "9");
        defaults.put("migpool.instance.idle-ttl", "PT10M");
        defaults.put("migpool.config.namespace", "${POD_NAMESPACE:kube-system}");
        defaults.put("migpool.extender.most-nodes", "64");
        overrides.put("migpool.extender.most-nodes", "3");
        try (PoolSettings settings = open()) {
            EffectiveConfiguration effective = settings.effective();

            assertThat(effective.settings())
                    .contains(
                            new EffectiveSetting("device-config.nvidia.defaultCores", "9", "overrides"),
                            new EffectiveSetting(
                                    "device-config.nvidia.deviceSplitCount",
                                    "4",
                                    "device-config.yaml line 3, column 3"),
                            new EffectiveSetting("device-config.nvidia.memoryFactor", "1", "default"),
                            new EffectiveSetting("device-config.nvidia.gpuSchedulerPolicy", "", "default"),
                            new EffectiveSetting("device-config.nvidia.nodeSchedulerPolicy", "", "default"),
                            new EffectiveSetting("device-config.nvidia.deviceScoringWeights", "", "default"),
                            new EffectiveSetting("device-config.nvidia.holdTime", "", "default"),
                            new EffectiveSetting(
                                    "node-config.nodeconfig.0.operatingmode", "mig", "config.json line 1, column 31"),
                            new EffectiveSetting("migpool.config.source", "directory", "overrides"),
                            new EffectiveSetting(
                                    "migpool.config.namespace", "kube-system", "default ${POD_NAMESPACE:kube-system}"),
                            new EffectiveSetting("migpool.config.node-configmap", "hami-device-plugin", "default"),
                            new EffectiveSetting("migpool.kubernetes.kubeconfig", "", "default"),
                            new EffectiveSetting("migpool.log.format", "text", "default"),
                            new EffectiveSetting("otel.exporter.otlp.endpoint", "", "default"),
                            new EffectiveSetting("migpool.instance.idle-ttl", "PT10M", "default"),
                            new EffectiveSetting("migpool.extender.most-nodes", "3", "overrides"));
            assertThat(effective.settings())
                    .extracting(EffectiveSetting::key)
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .containsAll(DeviceKey.defaultValues().keySet());
        }
    }

    @Test
    void anEditThatIsNotInForceIsNotShown() throws IOException {
        try (PoolSettings settings = open()) {
            writeDevices("nvidia:\n  defaultCores: 800\n");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !settings.devices().status().isValid());

            EffectiveConfiguration effective = settings.effective();

            assertThat(value(effective, "device-config.nvidia.defaultCores")).contains("8");
            assertThat(effective.documents().get("device-config.yaml"))
                    .isEqualTo(settings.devices().status());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "server.tls.private-key.passphrase, changeit, ********",
        "server.client.secret, s3cr3t, ********",
        "migpool.proxy.password, s3cr3t, ********",
        "MIGPOOL_API_TOKEN, s3cr3t, ********",
        "migpool.proxy.url, https://user:s3cr3t@proxy:3128/, https://********@proxy:3128/",
        "migpool.admission.tls.secret, migpool-admission-tls, migpool-admission-tls",
        "migpool.proxy.password, '', ''"
    })
    void secretsAreMasked(String key, String value, String shown) {
        overrides.put(key, value);
        try (PoolSettings settings = open()) {
            EffectiveConfiguration effective = settings.effective();

            assertThat(value(effective, key).orElse("")).isEqualTo(shown);
            assertThat(effective.describe().toString()).doesNotContain("s3cr3t", "changeit");
        }
    }

    @Test
    void aVariableThatMeansAKeyIsShownAsThatKeyAndOthersUnderTheirOwnName() {
        defaults.put("migpool.extender.most-nodes", "64");
        overrides.put("MIGPOOL_EXTENDER_MOST_NODES", "3");
        overrides.put("MIGPOOL_TYPO", "x");
        try (PoolSettings settings = open()) {
            assertThat(settings.effective().settings())
                    .extracting(EffectiveSetting::key)
                    .contains("migpool.extender.most-nodes", "MIGPOOL_TYPO")
                    .doesNotContain("MIGPOOL_EXTENDER_MOST_NODES", "PATH", "java.home");
        }
    }

    @Test
    void itReadsAsJson() {
        try (PoolSettings settings = open()) {
            JsonNode json = new ObjectMapper().valueToTree(settings.effective().describe());

            assertThat(json.path("settings").path(0).fieldNames())
                    .toIterable()
                    .containsExactly("key", "value", "source");
            assertThat(json.path("documents")).hasSize(2).allSatisfy(document -> {
                assertThat(document.path("state").asText()).isEqualTo("VALID");
                assertThat(document.path("from").asText()).contains("kube-system/hami-");
                assertThat(document.path("problems").isArray()).isTrue();
            });
        }
    }

    private PoolSettings open() {
        return PoolSettings.open(
                TestConfigs.discovered(TestConfigs.overrides(overrides), TestConfigs.defaults(defaults)));
    }

    /** Writes in one step, as kubelet does: a reader in between would find no document. */
    private void writeDevices(String text) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), text);
        Files.move(next, directory.resolve("device-config.yaml"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static Optional<String> value(EffectiveConfiguration effective, String key) {
        return effective.settings().stream()
                .filter(setting -> setting.key().equals(key))
                .map(EffectiveSetting::value)
                .findFirst();
    }
}
