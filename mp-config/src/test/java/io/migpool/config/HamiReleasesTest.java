package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigGeometry;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Documents for HAMi 2.5 to 2.10 mean the same here, and raise no warnings. Keys were added one after another from 2.5
 * to 2.9; 2.10 has an allow-list in place of the geometries.
 */
class HamiReleasesTest {

    private static final String FIRST = "geometries-in-section.yaml";
    private static final String LAST = "geometries-2.9.yaml";
    private static final String ALLOW_LIST = "allowlist-2.10.yaml";

    /** Reads a document that must not raise warnings. */
    private static DeviceSettings silently(String text) throws MalformedDocumentException {
        var document = DocumentKind.DEVICE.parse(text);
        var reading = DocumentBinding.DEVICES.read(SettingsView.of(DocumentKind.DEVICE, document));
        assertThat(reading.problems()).isEmpty();
        assertThat(document.warnings()).isEmpty();
        assertThat(reading.warnings()).isEmpty();
        return reading.value();
    }

    @ParameterizedTest
    @ValueSource(strings = {FIRST, LAST, ALLOW_LIST})
    void everyFormIsReadWithoutAWord(String document) throws MalformedDocumentException {
        assertThat(silently(Documents.text(document)).resources()).isEqualTo(ResourceNames.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    NVIDIA A30                                     | 24576  | {1g.6gb=4} {2g.12gb=2} {4g.24gb=1}
                    NVIDIA A100-SXM4-40GB                          | 40960  | {1g.5gb=7} {1g.5gb=1, 2g.10gb=3} {3g.20gb=2} {7g.40gb=1}
                    NVIDIA A100-PCIE-40GB                          | 40960  | {1g.5gb=7} {1g.5gb=1, 2g.10gb=3} {3g.20gb=2} {7g.40gb=1}
                    NVIDIA A100-SXM4-80GB                          | 81920  | {1g.10gb=7} {1g.10gb=1, 2g.20gb=3} {3g.40gb=2} {7g.80gb=1}
                    NVIDIA A100 80GB PCIe                          | 81920  | {1g.10gb=7} {1g.10gb=1, 2g.20gb=3} {3g.40gb=2} {7g.80gb=1}
                    NVIDIA H100 PCIe                               | 81559  | {1g.10gb=7} {1g.10gb=1, 2g.20gb=3} {3g.40gb=2} {7g.80gb=1}
                    NVIDIA H100 80GB HBM3                          | 81559  | {1g.10gb=7} {1g.10gb=1, 2g.20gb=3} {3g.40gb=2} {7g.80gb=1}
                    NVIDIA H200                                    | 143771 | {1g.18gb=7} {1g.18gb=1, 2g.35gb=3} {3g.71gb=2} {7g.141gb=1}
                    NVIDIA B200                                    | 183359 | {1g.23gb=7} {1g.23gb=1, 2g.45gb=3} {3g.90gb=2} {7g.180gb=1}
                    NVIDIA RTX PRO 6000 Blackwell Server Edition   | 97887  | {1g.24gb=4} {2g.48gb=2} {4g.96gb=1}
                    NVIDIA L40S                                    | 46068  | ''
                    """)
    void aBoardHasTheGeometriesThatWereMeantForIt(String model, long memoryMiB, String geometries)
            throws MalformedDocumentException {
        DeviceSettings settings = silently(Documents.text(LAST));

        assertThat(String.join(
                        " ",
                        settings.geometriesFor(new GpuModel(model, memoryMiB)).stream()
                                .map(MigGeometry::toString)
                                .toList()))
                .isEqualTo(geometries);
    }

    @Test
    void everyKeyOfTheGeometriesGenerationCounts() throws MalformedDocumentException {
        DeviceSettings settings = silently(Documents.text(LAST));

        assertThat(settings.defaults()).isEqualTo(new RequestDefaults(2048, 20, 2, 10));
        assertThat(settings.nodeDefaults()).isEqualTo(new NodeDefaults(4, 1.5, 2, 65_536, 3, false));
        assertThat(settings.overwriteEnv()).isTrue();
        assertThat(settings.gpuCorePolicy()).isEqualTo(CorePolicy.FORCE);
        assertThat(settings.runtimeClassName()).isEqualTo("nvidia");
        assertThat(settings.migProfileAllowlist()).isEmpty();
    }

    static Stream<String> keysThatCameLater() {
        return Stream.of(
                "overwriteEnv",
                "defaultMemory",
                "defaultCores",
                "defaultGPUNum",
                "memoryFactor",
                "deviceSplitCount",
                "deviceMemoryScaling",
                "deviceCoreScaling",
                "preConfiguredDeviceMemory",
                "gpuCorePolicy",
                "libCudaLogLevel",
                "runtimeClassName");
    }

    /** For every key, because some release lacked it. */
    @ParameterizedTest
    @MethodSource("keysThatCameLater")
    void aDocumentWithoutAKeyMeansItsDefault(String key) throws MalformedDocumentException {
        String whole = Documents.text(LAST);
        String without = whole.replaceFirst("(?m)^  " + key + ": .*\n", "");
        String inTheSameWords = whole.replaceFirst("(?m)^  " + key + ": .*\n", "  " + key + ":\n");

        DeviceSettings settings = silently(without);

        assertThat(without).isNotEqualTo(whole);
        assertThat(settings).isNotEqualTo(silently(whole)).isEqualTo(silently(inTheSameWords));
        assertThat(settings.knownMigGeometries()).isEqualTo(silently(whole).knownMigGeometries());
    }

    @Test
    void theComputeShareOfAGeometryMayBeLeftOut() throws MalformedDocumentException {
        String whole = Documents.text(LAST);

        assertThat(silently(whole.replaceAll(" core: \\d+,", ""))).isEqualTo(silently(whole));
    }

    /** The allow-list of 2.10, with the first profile of each model; there are no geometries. */
    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-80GB, 81920, 1g.10gb",
        "NVIDIA H200, 143771, 1g.18gb",
        "NVIDIA H20, 98304, 1g.12gb",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, 97887, 4g.96gb"
    })
    void aBoardMayBeCutIntoWhatTheAllowListNames(String model, long memoryMiB, String profile)
            throws MalformedDocumentException {
        DeviceSettings settings = silently(Documents.text(ALLOW_LIST));
        GpuModel board = new GpuModel(model, memoryMiB);

        assertThat(settings.allowedProfilesFor(board))
                .hasValueSatisfying(allowed -> assertThat(allowed).contains(MigProfile.parse(profile)));
        assertThat(settings.geometriesFor(board)).isEmpty();
    }

    /** Before 2.5 there was no {@code operatingmode}; 2.10 has all keys of {@code nodes-full.json}. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\": \"a\", \"devicememoryscaling\": 1.8, \"devicesplitcount\": 10, \"migstrategy\": \"none\", \"filterdevices\": {\"uuid\": [], \"index\": []}} | hami-core",
                "{\"name\": \"a\", \"operatingmode\": \"hami-core\", \"devicememoryscaling\": 1.8, \"devicesplitcount\": 10, \"migstrategy\": \"none\"} | hami-core",
                "{\"name\": \"a\", \"operatingmode\": \"mig\", \"devicecorescaling\": 1, \"libcudaloglevel\": \"1\", \"migstrategy\": \"none\"} | mig",
                "{\"name\": \"a\", \"operatingmode\": \"mig\", \"preconfigureddevicememory\": 0, \"enablenumatopology\": false, \"enablegetpreferredallocation\": false} | mig"
            })
    void aNodesEntryOfEveryReleaseIsRead(String entry, String mode) throws MalformedDocumentException {
        var document = DocumentKind.NODE.parse("{\"nodeconfig\": [" + entry + "]}");
        var reading = DocumentBinding.NODES.read(SettingsView.of(DocumentKind.NODE, document));

        assertThat(reading.problems()).isEmpty();
        assertThat(reading.warnings()).isEmpty();
        assertThat(reading.value().forNode("a", Map.of()))
                .map(NodeConfig::operatingMode)
                .contains(GpuMode.byWireName(mode).orElseThrow());
    }
}
