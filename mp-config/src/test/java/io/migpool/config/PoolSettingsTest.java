package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.config.SettingsStatus.State;
import io.migpool.contracts.mig.GpuMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolSettingsTest {

    @TempDir
    Path directory;

    private final Map<String, String> overrides = new HashMap<>();

    @BeforeEach
    void writeDocuments() throws IOException {
        Files.writeString(directory.resolve("device-config.yaml"), Documents.text("geometries-in-section.yaml"));
        Files.writeString(directory.resolve("config.json"), Documents.text("nodes-brief.json"));
        overrides.put("migpool.config.source", "directory");
        overrides.put("migpool.config.directory", directory.toString());
    }

    private Config config() {
        return TestConfigs.discovered(TestConfigs.overrides(overrides));
    }

    @Test
    void documentsArePropertiesOfTheConfigurationBelowTheEnvironment() {
        Config config = config();
        try (PoolSettings settings = PoolSettings.open(config)) {
            assertThat(settings.devices().status().state()).isEqualTo(State.VALID);
            assertThat(config.getValue("node-config.nodeconfig.0.operatingmode", String.class))
                    .isEqualTo("mig");
            assertThat(config.getValue(
                            "device-config.nvidia.knownMigGeometries.1.allowedGeometries.1.0.name", String.class))
                    .isEqualTo("2g.10gb");
            assertThat(config.getConfigValue("device-config.nvidia.deviceSplitCount")
                            .getSourceOrdinal())
                    .isBetween(101, 299);
        }
    }

    @Test
    void aSingleKeyOfADocumentIsOverridden() {
        overrides.put("node-config.nodeconfig.0.operatingmode", "hami-core");
        overrides.put("device-config.nvidia.knownMigGeometries.0.allowedGeometries.0.0.count", "2");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.nodes().current().forNode("MIG-NODE-A", Map.of()))
                    .hasValueSatisfying(node -> assertThat(node.operatingMode()).isEqualTo(GpuMode.HAMI_CORE));
            assertThat(settings.devices()
                            .current()
                            .knownMigGeometries()
                            .getFirst()
                            .geometries()
                            .getFirst())
                    .hasToString("{1g.6gb=2}");
        }
    }

    @Test
    void aKeyThatTheDocumentLacksIsAdded() {
        overrides.put("device-config.nvidia.memoryFactor", "1024");
        overrides.put("node-config.nodeconfig.0.devicesplitcount", "3");
        overrides.put("node-config.nodeconfig.1.name", "another");
        overrides.put("node-config.nodeconfig.1.filterdevices.index", "0, 2");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.devices().current().defaults().memoryFactor()).isEqualTo(1024);
            assertThat(settings.nodes().current().nodes().getFirst().overrides().deviceSplitCount())
                    .isEqualTo(3);
            assertThat(settings.nodes().current().forNode("another", Map.of()))
                    .hasValueSatisfying(
                            node -> assertThat(node.filterDevices().index()).containsExactly(0, 2));
        }
    }

    @Test
    void anEnvironmentVariableOverridesAKeyOfADocument() {
        assertThat(System.getenv("NODE_CONFIG_NODECONFIG_0_OPERATINGMODE"))
                .as("the variable that the build sets for tests")
                .isEqualTo("hami-core");
        Config config = ConfigProviderResolver.instance()
                .getBuilder()
                .addDefaultSources()
                .addDiscoveredSources()
                .withSources(TestConfigs.overrides(overrides))
                .build();
        try (PoolSettings settings = PoolSettings.open(config)) {
            assertThat(settings.nodes().current().forNode("MIG-NODE-A", Map.of()))
                    .hasValueSatisfying(node -> assertThat(node.operatingMode()).isEqualTo(GpuMode.HAMI_CORE));
        }
    }

    @Test
    void anApplicationsOwnDefaultsYieldToTheDocument() {
        Config config = TestConfigs.discovered(
                TestConfigs.overrides(overrides),
                TestConfigs.defaults(Map.of(
                        "device-config.nvidia.deviceSplitCount", "77", "device-config.nvidia.memoryFactor", "2")));
        try (PoolSettings settings = PoolSettings.open(config)) {
            assertThat(settings.devices().current().nodeDefaults().deviceSplitCount())
                    .isEqualTo(10);
            assertThat(settings.devices().current().defaults().memoryFactor()).isEqualTo(2);
        }
    }

    @Test
    void anOverrideThatMakesNoSenseIsNamedByItsProperty() {
        overrides.put("device-config.nvidia.defaultCores", "many");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.devices().status().state()).isEqualTo(State.INVALID);
            assertThat(settings.devices().isKnown()).isFalse();
            assertThat(settings.devices().status().message())
                    .isEqualTo(
                            "property device-config.nvidia.defaultCores (overrides): 'many' is not a whole number; expected a"
                                    + " whole number from 0 to 100");
            assertThat(settings.devices().current()).isEqualTo(DeviceSettings.DEFAULT);
            assertThat(settings.nodes().status().state()).isEqualTo(State.VALID);
        }
    }

    @Test
    void aDocumentIsTakenAsItStandsWithoutExpressions() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"nodeconfig\": [{\"name\": \"${no.such.key}\"}]}");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.nodes().current().forNode("${no.such.key}", Map.of()))
                    .isPresent();
        }
    }

    @Test
    void anOverrideWhoseExpressionCannotBeResolvedDoesNotStopTheStart() {
        overrides.put("device-config.nvidia.runtimeClassName", "${no.such.key}");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.devices().current().runtimeClassName()).isEmpty();
        }
    }

    @Test
    void aForeignSourceThatFailsLeavesTheDefaultsAndSaysSo() {
        Config config =
                TestConfigs.discovered(TestConfigs.overrides(overrides), TestConfigs.failingOn("device-config."));
        try (PoolSettings settings = PoolSettings.open(config)) {
            assertThat(settings.devices().status().message())
                    .isEqualTo("the configuration cannot be read together with device-config.yaml"
                            + " (java.lang.IllegalStateException: a source that fails on purpose); fix the "
                            + "source that fails");
            assertThat(settings.devices().current()).isEqualTo(DeviceSettings.DEFAULT);
            assertThat(settings.nodes().status().isValid()).isTrue();
        }
    }

    @Test
    void anOverrideMendsABrokenDocument() throws IOException {
        Files.writeString(
                directory.resolve("config.json"), "{\"nodeconfig\": [{\"name\": \"n\", \"operatingmode\": \"x\"}]}");
        overrides.put("node-config.nodeconfig.0.operatingmode", "mig");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.nodes().current().forNode("n", Map.of()))
                    .hasValueSatisfying(node -> assertThat(node.operatingMode()).isEqualTo(GpuMode.MIG));
        }
    }

    @Test
    void aDocumentThatNeverWasValidLeavesDefaultsAndOverrides() throws IOException {
        Files.writeString(directory.resolve("device-config.yaml"), "nvidia: {defaultCores: many, overwriteEnv: true}");
        overrides.put("device-config.nvidia.resourceCountName", "nvidia.com/gpualloc");
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.devices().status().isValid()).isFalse();
            assertThat(settings.devices().current())
                    .isEqualTo(DeviceSettings.DEFAULT.withResources(
                            settings.devices().current().resources()));
            assertThat(settings.devices().current().resources().count()).isEqualTo("nvidia.com/gpualloc");
        }
    }

    @Test
    void aConfigurationWithoutDiscoveredSourcesGetsTheDocumentsAllTheSame() {
        try (PoolSettings settings = PoolSettings.open(TestConfigs.only(TestConfigs.overrides(overrides)))) {
            assertThat(settings.nodes().current().forNode("MIG-NODE-A", Map.of()))
                    .isPresent();
        }
    }

    @Test
    void withoutAStoreTheDefaultsAreInForceAndValid() {
        overrides.clear();
        try (PoolSettings settings = PoolSettings.open(config())) {
            assertThat(settings.devices().current()).isEqualTo(DeviceSettings.DEFAULT);
            assertThat(settings.devices().status().state()).isEqualTo(State.VALID);
            assertThat(settings.devices().isKnown()).isTrue();
            assertThat(settings.devices().status().document()).isEmpty();
            assertThat(settings.nodes().current()).isEqualTo(NodeSettings.DEFAULT);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "migpool.config.source | file | migpool.config.source is 'file'; expected api or directory or none",
                "migpool.config.directory | | migpool.config.source is 'directory' but migpool.config.directory is not set; name the directory of the mounts",
                "migpool.config.initial-wait | 5s | migpool.config.initial-wait is '5s'; expected an ISO 8601 duration of zero or more, such as PT10M or PT0.5S",
                "migpool.config.initial-wait | PT-5S | migpool.config.initial-wait is 'PT-5S'; expected an ISO 8601 duration of zero or more, such as PT10M or PT0.5S",
            })
    void bootstrapSettingsThatMakeNoSenseStopTheStart(String key, String value, String message) {
        overrides.put(key, value == null ? "" : value);

        assertThatThrownBy(() -> PoolSettings.open(config()).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void aKubeconfigThatIsNotThereStopsTheStart() {
        overrides.put("migpool.config.source", "api");
        overrides.put("migpool.kubernetes.kubeconfig", "/nowhere/kubeconfig");

        assertThatThrownBy(() -> PoolSettings.open(config()).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "migpool.kubernetes.kubeconfig is '/nowhere/kubeconfig'; expected a kubeconfig file that can be"
                                + " read, or none to use the pod's service account");
    }

    @Test
    void fixedSettingsAreForTestsOfApplications() {
        LiveSettings<NodeSettings> fixed = LiveSettings.fixed(NodeSettings.DEFAULT);
        try (Subscription change = fixed.onChange(told -> {});
                Subscription status = fixed.onStatus(told -> {})) {
            assertThat(change).isNotNull();
            assertThat(status).isNotNull();
        }
        assertThat(fixed.current()).isEqualTo(NodeSettings.DEFAULT);
        assertThat(fixed.status().isValid()).isTrue();
    }
}
