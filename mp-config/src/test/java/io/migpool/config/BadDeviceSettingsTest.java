package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadDeviceSettingsTest {

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(
                        "nvidia:\n  defaultCores: 101",
                        "device-config.yaml line 2, column 3: nvidia.defaultCores '101' is out of range; expected "
                                + "a whole number from 0 to 100"),
                Arguments.of(
                        "nvidia:\n  defaultMemory: -1",
                        "device-config.yaml line 2, column 3: nvidia.defaultMemory '-1' is out of range; expected "
                                + "a whole number, 0 or more"),
                Arguments.of(
                        "nvidia:\n  defaultMemory: 8Gi",
                        "device-config.yaml line 2, column 3: nvidia.defaultMemory '8Gi' is not a whole number; "
                                + "expected a whole number, 0 or more"),
                Arguments.of(
                        "nvidia:\n  defaultGPUNum: [1]",
                        "device-config.yaml line 2, column 3: nvidia.defaultGPUNum is a list; expected a whole "
                                + "number, 0 or more"),
                Arguments.of(
                        "nvidia:\n  deviceSplitCount: 0",
                        "device-config.yaml line 2, column 3: nvidia.deviceSplitCount '0' is out of range; "
                                + "expected a whole number from 1 to 1000"),
                Arguments.of(
                        "nvidia:\n  deviceSplitCount: 1001",
                        "device-config.yaml line 2, column 3: nvidia.deviceSplitCount '1001' is out of range; "
                                + "expected a whole number from 1 to 1000"),
                Arguments.of(
                        "nvidia:\n  deviceMemoryScaling: fast",
                        "device-config.yaml line 2, column 3: nvidia.deviceMemoryScaling 'fast' is not a number; "
                                + "expected a number above 0"),
                Arguments.of(
                        "nvidia:\n  deviceMemoryScaling: -0.5",
                        "device-config.yaml line 2, column 3: nvidia.deviceMemoryScaling '-0.5' is out of range; "
                                + "expected a number above 0"),
                Arguments.of(
                        "nvidia:\n  libCudaLogLevel: 9",
                        "device-config.yaml line 2, column 3: nvidia.libCudaLogLevel '9' is out of range; "
                                + "expected a whole number from 0 to 4"),
                Arguments.of(
                        "nvidia:\n  overwriteEnv: maybe",
                        "device-config.yaml line 2, column 3: nvidia.overwriteEnv 'maybe' is neither true nor "
                                + "false; expected true or false"),
                Arguments.of(
                        "nvidia:\n  overwriteEnv: {a: true}",
                        "device-config.yaml line 2, column 3: nvidia.overwriteEnv is a mapping; expected true or "
                                + "false"),
                Arguments.of(
                        "nvidia:\n  gpuCorePolicy: strict",
                        "device-config.yaml line 2, column 3: nvidia.gpuCorePolicy 'strict' is unknown; expected "
                                + "one of default, force, disable"),
                Arguments.of(
                        "nvidia:\n  gpuSchedulerPolicy: mutex,binpakc",
                        "device-config.yaml line 2, column 3: nvidia.gpuSchedulerPolicy 'mutex,binpakc' is not a known policy; "
                                + "expected one or more, separated by commas, of fragmentation, binpack, spread, first-fit, "
                                + "mutex, numa, topology-aware"),
                Arguments.of(
                        "nvidia:\n  gpuSchedulerPolicy: " + "mutex,".repeat(3000),
                        "device-config.yaml line 2, column 3: nvidia.gpuSchedulerPolicy '" + "mutex,".repeat(3000)
                                + "' is not a known policy; expected one or more, separated by commas, of "
                                + "fragmentation, binpack, spread, first-fit, mutex, numa, topology-aware"),
                Arguments.of(
                        "nvidia:\n  nodeSchedulerPolicy: numa",
                        "device-config.yaml line 2, column 3: nvidia.nodeSchedulerPolicy 'numa' is not a known policy; "
                                + "expected one of fragmentation, binpack, spread"),
                Arguments.of(
                        "nvidia:\n  deviceScoringWeights: slot=1",
                        "device-config.yaml line 2, column 3: nvidia.deviceScoringWeights 'slot=1' is not valid; "
                                + "expected weights like slot=1,core=1,memory=3, each a whole number from 0 to 32767, not all 0"),
                Arguments.of(
                        "nvidia:\n  holdTime: 60",
                        "device-config.yaml line 2, column 3: nvidia.holdTime '60' is not a duration; expected a duration from "
                                + "0 to PT1H, like PT60S"),
                Arguments.of(
                        "nvidia:\n  holdTime: PT-1S",
                        "device-config.yaml line 2, column 3: nvidia.holdTime 'PT-1S' is out of range; expected a duration from "
                                + "0 to PT1H, like PT60S"),
                Arguments.of(
                        "nvidia:\n  holdTime: PT60H",
                        "device-config.yaml line 2, column 3: nvidia.holdTime 'PT60H' is out of range; expected a duration from "
                                + "0 to PT1H, like PT60S"),
                Arguments.of(
                        "nvidia:\n  runtimeClassName: NVIDIA!",
                        "device-config.yaml line 2, column 3: nvidia.runtimeClassName 'NVIDIA!' is not "
                                + "a valid object name; expected the name of a RuntimeClass, like nvidia"),
                Arguments.of(
                        "nvidia:\n  resourceCountName: gpu",
                        "device-config.yaml line 2, column 3: nvidia.resourceCountName 'gpu' is not a "
                                + "valid extended resource name; expected a resource name like nvidia.com/gpu"),
                Arguments.of(
                        "nvidia:\n  resourceMemoryName: nvidia.com/gpu",
                        "device-config.yaml line 2, column 3: nvidia.resourceMemoryName 'nvidia.com/gpu' is "
                                + "already the value of resourceCountName; give each resource its own name"),
                Arguments.of(
                        "nvidia: 5",
                        "device-config.yaml line 1, column 1: nvidia '5' is a value; expected a mapping with "
                                + "resourceCountName, resourceMemoryName, resourceMemoryPercentageName, resourceCoreName, "
                                + "resourcePriorityName, …"),
                Arguments.of(
                        "nvidia:\n- defaultCores: 5",
                        "device-config.yaml line 1, column 1: nvidia is a list; expected a mapping with "
                                + "resourceCountName, resourceMemoryName, resourceMemoryPercentageName, resourceCoreName, "
                                + "resourcePriorityName, …"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                            models: [A30]
                        """,
                        "device-config.yaml line 2, column 3: nvidia.knownMigGeometries is a mapping; expected a "
                                + "list"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: A30
                            allowedGeometries: [[{name: 1g.6gb, count: 4}]]
                        """,
                        "device-config.yaml line 3, column 5: nvidia.knownMigGeometries[0].models 'A30' is a "
                                + "value; expected a list"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: []
                            allowedGeometries: [[{name: 1g.6gb, count: 4}]]
                        """,
                        "device-config.yaml line 3, column 5: nvidia.knownMigGeometries[0] lists no models; "
                                + "expected the name of a board, like A100-SXM4-80GB"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                        """,
                        "device-config.yaml line 3, column 5: nvidia.knownMigGeometries[0] lists no "
                                + "allowedGeometries; expected at least one geometry, a list of {name, count}"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                            allowedGeometries:
                            - name: 1g.6gb
                              count: 4
                        """,
                        "device-config.yaml line 5, column 7: nvidia.knownMigGeometries[0].allowedGeometries[0] "
                                + "is a mapping; expected a list"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                            allowedGeometries: [[{name: 1g.6gb, count: 4}], []]
                        """,
                        "device-config.yaml line 4, column 53: nvidia.knownMigGeometries[0].allowedGeometries[1] "
                                + "holds no instances; expected a list of {name, count}"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                            allowedGeometries: [[{name: 1g6gb, count: 4}]]
                        """,
                        "device-config.yaml line 4, column 27: "
                                + "nvidia.knownMigGeometries[0].allowedGeometries[0][0].name '1g6gb' is not a "
                                + "MIG profile name: it does not follow the grammar; expected a form like 1g.10gb, 1c.3g.20gb, "
                                + "1g.10gb+me or 1g.24gb-me"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                            allowedGeometries: [[{name: 1g.6gb, count: 0}]]
                        """,
                        "device-config.yaml line 4, column 41: "
                                + "nvidia.knownMigGeometries[0].allowedGeometries[0][0].count '0' is out of range; expected "
                                + "a whole number from 1 to 16"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30]
                            allowedGeometries: [[{name: 1g.6gb}], [{count: 2}]]
                        """,
                        "device-config.yaml line 4, column 26: "
                                + "nvidia.knownMigGeometries[0].allowedGeometries[0][0] has no count; expected "
                                + "the number of such instances, 1 or more; device-config.yaml line 4, column 44: "
                                + "nvidia.knownMigGeometries[0].allowedGeometries[1][0] has no name; expected a MIG profile "
                                + "name, like 1g.10gb"),
                Arguments.of(
                        """
                        nvidia:
                          migProfileAllowlist:
                          - models: [A30]
                            profiles: [1g.6gb, small]
                        """,
                        "device-config.yaml line 4, column 24: nvidia.migProfileAllowlist[0].profiles[1] 'small' "
                                + "is not a MIG profile name: it does not follow the grammar; expected a form like 1g.10gb, "
                                + "1c.3g.20gb, 1g.10gb+me or 1g.24gb-me"),
                Arguments.of(
                        """
                        nvidia:
                          migProfileAllowlist:
                          - models: [A30]
                        """,
                        "device-config.yaml line 3, column 5: nvidia.migProfileAllowlist[0] lists no profiles; "
                                + "name at least one, or remove the entry to allow all"));
    }

    @ParameterizedTest
    @MethodSource
    void refusals(String yaml, String message) {
        assertThatThrownBy(() -> DeviceSettings.parse(yaml))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> syntaxErrors() {
        return Stream.of(
                Arguments.of(
                        "nvidia:\n  defaultCores: 1\n defaultMemory: 2",
                        "device-config.yaml line 3, column 2: while parsing a block mapping, expected <block "
                                + "end>, but found '<block mapping start>'"),
                Arguments.of(
                        "nvidia:\n\tdefaultCores: 1",
                        "device-config.yaml line 1, column 7: while scanning for the next token, found character "
                                + "'\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)"),
                Arguments.of(
                        "nvidia: [1, 2",
                        "device-config.yaml line 1, column 14: while parsing a flow sequence, expected ',' or "
                                + "']', but got <stream end>"),
                Arguments.of(
                        "nvidia:\n  defaultCores: 1\n  defaultCores: 2",
                        "device-config.yaml line 3, column 3: key 'defaultCores' is already defined "
                                + "at line 2, column 3; keep one of the two"),
                Arguments.of(
                        "nvidia: {}\n---\nnvidia: {}",
                        "device-config.yaml line 3, column 1: a second document begins here; the ConfigMap key "
                                + "holds exactly one"),
                Arguments.of(
                        "nvidia:\n  resourceCountName: {{ .Values.resourceName }}",
                        "device-config.yaml line 2, column 24: Expected a field name (Scalar value in YAML); '{{' "
                                + "looks like a Helm template: install what 'helm template' prints, or write the value "
                                + "itself"),
                Arguments.of(
                        "nvidia: &n {defaultCores: 1}\nother: *n",
                        "device-config.yaml line 2, column 1: alias '*n' is not supported; write the value itself"),
                Arguments.of(
                        "just words",
                        "device-config.yaml line 1, column 1: found 'just words' where a mapping with a section "
                                + "'nvidia' is expected"),
                Arguments.of(
                        "- nvidia",
                        "device-config.yaml line 1, column 1: found a list where a mapping with a section "
                                + "'nvidia' is expected"),
                Arguments.of(
                        "knownMigGeometries: []\nnvidia:\n  knownMigGeometries: []",
                        "device-config.yaml line 1, column 1: 'knownMigGeometries' is also set inside "
                                + "'nvidia' at line 3, column 3; keep that one"));
    }

    @ParameterizedTest
    @MethodSource
    void syntaxErrors(String yaml, String message) {
        assertThatThrownBy(() -> DeviceSettings.parse(yaml))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
    }

    @Test
    void everyProblemIsNamedAtOnce() {
        assertThatThrownBy(() -> DeviceSettings.parse("nvidia: {defaultCores: x, defaultMemory: y}"))
                .isInstanceOfSatisfying(InvalidSettingsException.class, refusal -> assertThat(refusal.problems())
                        .hasSize(2));
    }

    static Stream<Arguments> warnings() {
        return Stream.of(
                Arguments.of(
                        "nvidia: {defaultmemory: 1}",
                        "device-config.yaml line 1, column 10: nvidia.defaultmemory is unknown and ignored; "
                                + "did you mean 'defaultMemory'?"),
                Arguments.of(
                        "nvidia: {resourceCoresName: a/b}",
                        "device-config.yaml line 1, column 10: nvidia.resourceCoresName is unknown "
                                + "and ignored; did you mean 'resourceCoreName'?"),
                Arguments.of(
                        "nvidia: {zzzzzz: 1}",
                        "device-config.yaml line 1, column 10: nvidia.zzzzzz is unknown and ignored; known "
                                + "keys: defaultCores, defaultGPUNum, defaultMemory, deviceCoreScaling, "
                                + "deviceMemoryScaling, deviceScoringWeights, deviceSplitCount, disableCoreLimit, enableNumaTopology, "
                                + "gpuCorePolicy, gpuSchedulerPolicy, holdTime, knownMigGeometries, libCudaLogLevel, memoryFactor, migProfileAllowlist, "
                                + "nodeSchedulerPolicy, overwriteEnv, preConfiguredDeviceMemory, resourceCoreName, resourceCountName, "
                                + "resourceMemoryName, resourceMemoryPercentageName, resourcePriorityName, runtimeClassName"),
                Arguments.of(
                        "nvidia: {migProfileAllowlist: [{models: [A30], profiles: [1g.6gb], profile: [2g.12gb]}]}",
                        "device-config.yaml line 1, column 68: nvidia.migProfileAllowlist[0].profile is "
                                + "unknown and ignored; did you mean 'profiles'?"),
                Arguments.of(
                        """
                        nvidia:
                          knownMigGeometries:
                          - models: [A30, A100-PCIE-40GB]
                            allowedGeometries: [[{name: 1g.6gb, count: 4}]]
                          - models: [NVIDIA A100 40GB PCIe]
                            allowedGeometries: [[{name: 1g.5gb, count: 7}]]
                        """,
                        "device-config.yaml line 5, column 14: nvidia.knownMigGeometries[1].models[0] 'NVIDIA "
                                + "A100 40GB PCIe' is already listed in nvidia.knownMigGeometries[0], "
                                + "and the first entry applies; remove the model here"),
                Arguments.of(
                        """
                        nvidia:
                          migProfileAllowlist:
                          - models: [A30]
                            profiles: [1g.6gb]
                          - models: [a30]
                            profiles: [2g.12gb]
                        """,
                        "device-config.yaml line 5, column 14: nvidia.migProfileAllowlist[1].models[0] 'a30' is "
                                + "already listed in nvidia.migProfileAllowlist[0], and the first entry applies; remove the model here"),
                Arguments.of(
                        "nvida: {defaultMemory: 1}",
                        "line 1, column 1: section 'nvida' is ignored; did you mean 'nvidia'?"),
                Arguments.of(
                        "migProfileAllowList: []",
                        "line 1, column 1: section 'migProfileAllowList' is ignored; did you mean "
                                + "'migProfileAllowlist'?"));
    }

    @ParameterizedTest
    @MethodSource
    void warnings(String yaml, String warning) throws MalformedDocumentException {
        var document = DocumentKind.DEVICE.parse(yaml);
        var reading = DocumentBinding.DEVICES.read(SettingsView.of(DocumentKind.DEVICE, document));

        assertThat(reading.problems()).isEmpty();
        assertThat(Stream.concat(document.warnings().stream(), reading.warnings().stream()))
                .containsExactly(warning);
    }

    @Test
    void sectionsOfOtherVendorsAndIgnoredValuesAreNoReasonToComplain() throws MalformedDocumentException {
        for (String name : List.of("allowlist-2.10.yaml", "geometries-in-section.yaml", "geometries-grouped.yaml")) {
            var document = DocumentKind.DEVICE.parse(Documents.text(name));
            var reading = DocumentBinding.DEVICES.read(SettingsView.of(DocumentKind.DEVICE, document));

            assertThat(document.warnings()).as(name).isEmpty();
            assertThat(reading.warnings()).as(name).isEmpty();
        }
    }
}
