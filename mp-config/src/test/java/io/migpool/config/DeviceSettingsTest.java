package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceSettingsTest {

    private static final GpuModel A30 = new GpuModel("NVIDIA A30", 24_576);
    private static final GpuModel A100_80 = new GpuModel("NVIDIA A100-SXM4-80GB", 81_920);
    private static final GpuModel H20 = new GpuModel("NVIDIA H20", 98_304);
    private static final GpuModel H200 = new GpuModel("NVIDIA H200", 144_384);
    private static final GpuModel H100 = new GpuModel("NVIDIA H100 80GB HBM3", 81_559);

    @Test
    void geometriesAreReadInTheOrderOfTheDocument() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse(Documents.text("geometries-in-section.yaml"));

        assertThat(settings.geometriesFor(A100_80))
                .extracting(MigGeometry::toString)
                .containsExactly("{1g.10gb=7}", "{1g.10gb=1, 2g.20gb=3}", "{3g.40gb=2}", "{7g.79gb=1}");
        assertThat(settings.geometriesFor(A30)).hasSize(3);
        assertThat(settings.geometriesFor(H100)).isEmpty();
        assertThat(settings.resources()).isEqualTo(ResourceNames.DEFAULT);
        assertThat(settings.defaults()).isEqualTo(RequestDefaults.NONE);
        assertThat(settings.nodeDefaults()).isEqualTo(NodeDefaults.DEFAULT);
    }

    @Test
    void schedulingIsReadAndNothingIsSaidOtherwise() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse("""
                nvidia:
                  gpuSchedulerPolicy: numa, binpack
                  nodeSchedulerPolicy: spread
                  deviceScoringWeights: slot=1,core=2,memory=3
                  holdTime: PT1M30S
                """);

        assertThat(settings.scheduling())
                .isEqualTo(new SchedulingWishes(
                        new PolicyChoice(
                                List.of(GpuPolicy.NUMA, GpuPolicy.BINPACK),
                                Optional.of(NodePolicy.SPREAD),
                                Optional.of(new ScoringWeights(1, 2, 3)),
                                List.of(),
                                Optional.empty()),
                        Optional.of(Duration.ofSeconds(90))));
        assertThat(DeviceSettings.parse("nvidia: {defaultCores: 1}").scheduling())
                .isEqualTo(SchedulingWishes.NONE);
    }

    @Test
    void geometriesAtTheTopLevelOfAFoldedManifestAreReadAsTheyWereMeant() throws InvalidSettingsException {
        ConfigMap manifest =
                Serialization.unmarshal(Documents.text("geometries-folded-configmap.yaml"), ConfigMap.class);
        String document = String.valueOf(manifest.getData().get("device-config.yaml"));
        assertThat(document).startsWith("knownMigGeometries: - models:");

        DeviceSettings settings = DeviceSettings.parse(document);

        assertThat(settings).isEqualTo(DeviceSettings.parse(Documents.text("geometries-in-section.yaml")));
    }

    @Test
    void groupedGeometriesAreReadAsIfTheyWereNot() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse(Documents.text("geometries-grouped.yaml"));

        assertThat(settings.geometriesFor(A30))
                .extracting(MigGeometry::toString)
                .containsExactly("{1g.6gb=4}", "{2g.12gb=2}");
        assertThat(settings.resources().count()).isEqualTo("volcano.sh/vgpu-number");
        assertThat(settings.resources().priority()).isEqualTo("nvidia.com/priority");
    }

    @Test
    void everySettingOfTheAllowListGenerationIsRead() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse(Documents.text("allowlist-2.10.yaml"));

        assertThat(settings.defaults()).isEqualTo(new RequestDefaults(512, 10, 2, 1024));
        assertThat(settings.overwriteEnv()).isTrue();
        assertThat(settings.runtimeClassName()).isEqualTo("nvidia");
        assertThat(settings.gpuCorePolicy()).isEqualTo(CorePolicy.FORCE);
        assertThat(settings.disableCoreLimit()).isTrue();
        assertThat(settings.nodeDefaults()).isEqualTo(new NodeDefaults(5, 1.8, 1.5, 128_000, 3, true));
        assertThat(settings.knownMigGeometries()).isEmpty();
        assertThat(settings.allowedProfilesFor(H20)).hasValueSatisfying(allowed -> assertThat(allowed)
                .extracting(MigProfile::toString)
                .containsExactly("1g.12gb", "2g.24gb", "3g.48gb", "7g.96gb"));
        assertThat(settings.allowedProfilesFor(H200))
                .hasValueSatisfying(allowed -> assertThat(allowed).contains(MigProfile.of(7, 141)));
        assertThat(settings.allowedProfilesFor(H100)).isEmpty();
    }

    @Test
    void anEntryInFrontOverridesTheModelInLaterOnes() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse("""
                nvidia:
                  migProfileAllowlist:
                  - models: [A100-SXM4-80GB]
                    profiles: [3g.40gb]
                  - models: [H200, NVIDIA A100-SXM4-80GB]
                    profiles: [1g.18gb, 7g.80gb]
                  knownMigGeometries:
                  - models: [A100-SXM4-80GB]
                    allowedGeometries: [[{name: 3g.40gb, count: 2}]]
                  - models: [NVIDIA A100-SXM4-80GB]
                    allowedGeometries: [[{name: 7g.80gb, count: 1}]]
                """);

        assertThat(settings.allowedProfilesFor(A100_80))
                .hasValueSatisfying(allowed -> assertThat(allowed).containsExactly(MigProfile.of(3, 40)));
        assertThat(settings.allowedProfilesFor(H200))
                .hasValueSatisfying(allowed -> assertThat(allowed).hasSize(2));
        assertThat(settings.geometriesFor(A100_80))
                .extracting(MigGeometry::toString)
                .containsExactly("{3g.40gb=2}");
    }

    @Test
    void theMostSpecificNameDecidesWhichEntryIsForABoard() {
        DeviceSettings settings = DeviceSettings.DEFAULT.withMigProfileAllowlist(List.of(
                new ModelProfiles(List.of("A100"), List.of(MigProfile.of(1, 10))),
                new ModelProfiles(List.of("A100-SXM4-80GB"), List.of(MigProfile.of(7, 80)))));

        assertThat(settings.allowedProfilesFor(A100_80))
                .hasValueSatisfying(allowed -> assertThat(allowed).containsExactly(MigProfile.of(7, 80)));
        assertThat(settings.allowedProfilesFor(new GpuModel("NVIDIA A100-SXM4-40GB", 40_960)))
                .hasValueSatisfying(allowed -> assertThat(allowed).containsExactly(MigProfile.of(1, 10)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "# nothing",
                "{}",
                "nvidia:",
                "nvidia: {}",
                "ascend: {x: 1}",
                "nvidia: {defaultCores: }"
            })
    void aDocumentThatSaysNothingMeansTheDefaults(String yaml) throws InvalidSettingsException {
        assertThat(DeviceSettings.parse(yaml)).isEqualTo(DeviceSettings.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({"yes,true", "on,true", "TRUE,true", "'\"true\"',true", "no,false", "off,false"})
    void flagsAreReadInAllOfYamlsWords(String word, boolean expected) throws InvalidSettingsException {
        assertThat(DeviceSettings.parse("nvidia: {overwriteEnv: " + word + "}").overwriteEnv())
                .isEqualTo(expected);
    }

    @Test
    void aGeometryMayNameAProfileInSeveralLines() throws InvalidSettingsException {
        DeviceSettings settings = DeviceSettings.parse("""
                nvidia:
                  knownMigGeometries:
                  - models: [A30]
                    allowedGeometries: [[{name: 1g.6gb, count: 1}, {name: 2g.12gb, count: 1}, {name: 1g.6gb, count: 1}]]
                """);

        assertThat(settings.geometriesFor(A30))
                .extracting(MigGeometry::toString)
                .containsExactly("{1g.6gb=2, 2g.12gb=1}");
    }
}
