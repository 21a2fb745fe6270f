package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import io.migpool.contracts.mig.GpuMode;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSettingsTest {

    @Test
    void aNodeIsFoundByItsNameWhateverItsCase() throws InvalidSettingsException {
        NodeSettings settings = NodeSettings.parse(Documents.text("nodes-brief.json"));

        assertThat(settings.forNode("MIG-NODE-A", Map.of()))
                .contains(new NodeConfig(
                        NodeSelection.named("MIG-NODE-A"),
                        GpuMode.MIG,
                        GpuModes.NONE,
                        MigStrategy.MIXED,
                        FilterDevices.NONE,
                        LabelDriven.NONE,
                        NodeOverrides.NONE,
                        false));
        assertThat(settings.forNode("mig-node-a", Map.of())).isEqualTo(settings.forNode("MIG-NODE-A", Map.of()));
        assertThat(settings.forNode("mig-node-ab", Map.of())).isEmpty();
    }

    @Test
    void everyKeyIsReadWhateverItsCase() throws InvalidSettingsException {
        NodeSettings settings = NodeSettings.parse(Documents.text("nodes-full.json"));

        assertThat(settings.nodes())
                .containsExactly(
                        new NodeConfig(
                                NodeSelection.named("node-a"),
                                GpuMode.MIG,
                                GpuModes.NONE,
                                MigStrategy.NONE,
                                new FilterDevices(List.of("GPU-8dcd427f-483b-b48f-d7e5-75fb19a52b76"), List.of(0, 3)),
                                LabelDriven.NONE,
                                new NodeOverrides(4, 1.8, 1.0, null, 3, true),
                                false),
                        new NodeConfig(
                                NodeSelection.named("node-b"),
                                GpuMode.HAMI_CORE,
                                GpuModes.NONE,
                                MigStrategy.NONE,
                                FilterDevices.NONE,
                                LabelDriven.NONE,
                                new NodeOverrides(null, null, null, null, 0, null),
                                false));
    }

    @Test
    void anEntryOverridesTheClusterOnlyWhereItSpeaks() throws InvalidSettingsException {
        NodeConfig node = NodeSettings.parse(Documents.text("nodes-full.json"))
                .forNode("node-a", Map.of())
                .orElseThrow();

        assertThat(node.overrides().over(new NodeDefaults(7, 2.0, 2.0, 64, 1, false)))
                .isEqualTo(new NodeDefaults(4, 1.8, 1.0, 64, 3, true));
    }

    @Test
    void listedDevicesStayOutOfThePool() {
        FilterDevices filter = new FilterDevices(List.of("GPU-a"), List.of(2));

        assertThat(filter.excludes("GPU-a", 0)).isTrue();
        assertThat(filter.excludes("GPU-b", 2)).isTrue();
        assertThat(filter.excludes("GPU-b", 1)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "true                                        | 0 1 2",
                "false                                       | ''",
                "{\"index\": [0], \"uuid\": [\"GPU-2\"]} | 0 2",
                "{}                                          | ''",
            })
    void theLabelDecidesOnTheGpusThatAreNamed(String value, String expected) throws InvalidSettingsException {
        NodeConfig node = NodeSettings.parse("{\"nodeconfig\": [{\"name\": \"a\", \"labeldriven\": " + value + "}]}")
                .nodes()
                .getFirst();

        assertThat(IntStream.range(0, 3)
                        .filter(index -> node.labelDriven().includes("GPU-" + index, index))
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(" ")))
                .isEqualTo(expected.replace("'", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{}", "{\"nodeconfig\": []}", "{\"nodeconfig\": null}"})
    void aDocumentThatSaysNothingMeansTheDefaults(String json) throws InvalidSettingsException {
        assertThat(NodeSettings.parse(json)).isEqualTo(NodeSettings.DEFAULT);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"operatingmode\": \"migg\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].operatingmode 'migg' is unknown; expected "
                                + "hami-core or mig"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"operatingmode\": \"mps\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].operatingmode 'mps' is unknown; expected "
                                + "hami-core or mig"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"operatingmode\": \"mig\"}]}",
                        "config.json line 1, column 17: nodeconfig[0] has no name and no labelselector; expected "
                                + "the name of a node as 'kubectl get nodes' prints it, a pattern such as gpu-*, or labels "
                                + "as for 'kubectl get nodes -l', such as pool=mig,!spot"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\"},\n {\"name\": \"a\"}]}",
                        "config.json line 2, column 3: nodeconfig[1].name 'a' is already the "
                                + "node of nodeconfig[0]; keep one entry"),
                Arguments.of(
                        "{\"nodeconfig\": {\"name\": \"a\"}}",
                        "config.json line 1, column 2: nodeconfig is a mapping; expected a list"),
                Arguments.of(
                        "{\"nodeconfig\": [\"a\"]}",
                        "config.json line 1, column 17: nodeconfig[0] 'a' is a value; expected a mapping with "
                                + "name, labelselector, operatingmode, gpus, migstrategy, …"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": {\"a\": 1}}]}",
                        "config.json line 1, column 18: nodeconfig[0].name is a mapping; expected the name of a "
                                + "node"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": [0]}]}",
                        "config.json line 1, column 31: nodeconfig[0].filterdevices is a list; expected a mapping "
                                + "with uuid, index"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": {\"uuid\": [\"MIG-1\"]}}]}",
                        "config.json line 1, column 58: nodeconfig[0].filterdevices.uuid[0] 'MIG-1' is not "
                                + "a GPU UUID; expected the UUID of a GPU, GPU-…, as 'nvidia-smi -L' prints it"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": {\"uuid\": \"GPU-1\"}}]}",
                        "config.json line 1, column 49: nodeconfig[0].filterdevices.uuid 'GPU-1' is a value; "
                                + "expected a list"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": {\"index\": [0, 4294967295, \"x\"]}}]}",
                        "config.json line 1, column 62: nodeconfig[0].filterdevices.index[1] '4294967295' is not an index; "
                                + "expected the index of a GPU on the node, 0 or more; config.json line 1, column 74: "
                                + "nodeconfig[0].filterdevices.index[2] 'x' is not an index; expected the index of a GPU on the "
                                + "node, 0 or more"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"labeldriven\": \"all\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].labeldriven 'all' is neither true nor false; "
                                + "expected true or false"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"devicesplitcount\": -1}]}",
                        "config.json line 1, column 31: nodeconfig[0].devicesplitcount '-1' is out of range; "
                                + "expected a whole number from 0 to 1000"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"devicesplitcount\": 1001}]}",
                        "config.json line 1, column 31: nodeconfig[0].devicesplitcount '1001' is out of range; "
                                + "expected a whole number from 0 to 1000"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"devicememoryscaling\": -1.5}]}",
                        "config.json line 1, column 31: nodeconfig[0].devicememoryscaling '-1.5' is out of range; "
                                + "expected a number, 0 or more (0 leaves it as it is)"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"libcudaloglevel\": \"loud\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].libcudaloglevel 'loud' is not a whole number; "
                                + "expected a whole number from 0 to 4"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"enablenumatopology\": 7}]}",
                        "config.json line 1, column 31: nodeconfig[0].enablenumatopology '7' is neither true nor "
                                + "false; expected true or false"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"preconfigureddevicememory\": 1.5}]}",
                        "config.json line 1, column 31: nodeconfig[0].preconfigureddevicememory '1.5' is not "
                                + "a whole number; expected a whole number, 0 or more"));
    }

    @ParameterizedTest
    @MethodSource
    void refusals(String json, String message) {
        assertThatThrownBy(() -> NodeSettings.parse(json))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> refusedSelections() {
        return Stream.of(
                Arguments.of(
                        "{\"nodeconfig\": [{\"labelselector\": \"pool=mig,\"}]}",
                        "config.json line 1, column 18: nodeconfig[0].labelselector 'pool=mig,' is not a valid selector; "
                                + "expected labels as for 'kubectl get nodes -l', such as pool=mig,!spot"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a-*\", \"labelselector\": \"x\"},\n"
                                + " {\"name\": \"A-*\", \"labelselector\": \"x\"}]}",
                        "config.json line 2, column 3: nodeconfig[1].name 'A-*' is already the "
                                + "node of nodeconfig[0]; keep one entry"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": {\"index\": 0}}]}",
                        "config.json line 1, column 31: nodeconfig[0].gpus is a mapping; expected a list"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": [{\"operatingmode\": \"mig\"}]}]}",
                        "config.json line 1, column 40: nodeconfig[0].gpus[0] must name its GPU by either index or uuid"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": "
                                + "[{\"index\": 0, \"uuid\": \"GPU-a\", \"operatingmode\": \"mig\"}]}]}",
                        "config.json line 1, column 40: nodeconfig[0].gpus[0] must name its GPU by either index or uuid"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": [{\"index\": 0}]}]}",
                        "config.json line 1, column 40: nodeconfig[0].gpus[0] has no operatingmode; expected "
                                + "hami-core or mig"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": [{\"index\": -1, \"operatingmode\": \"mig\"}]}]}",
                        "config.json line 1, column 41: nodeconfig[0].gpus[0].index '-1' is out of range; expected "
                                + "a whole number, 0 or more"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": [{\"uuid\": \"MIG-a\", \"operatingmode\": \"mig\"}]}]}",
                        "config.json line 1, column 41: nodeconfig[0].gpus[0].uuid 'MIG-a' is not a GPU UUID; expected the "
                                + "UUID of a GPU, GPU-…, as 'nvidia-smi -L' prints it"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"gpus\": [{\"index\": 1, \"operatingmode\": \"mig\"},\n"
                                + "{\"index\": 1, \"operatingmode\": \"hami-core\"}]}]}",
                        "config.json line 2, column 1: nodeconfig[0].gpus[1] names the same GPU "
                                + "as an earlier entry; keep one of them"));
    }

    @ParameterizedTest
    @MethodSource
    void refusedSelections(String json, String message) {
        assertThatThrownBy(() -> NodeSettings.parse(json))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
    }

    @Test
    void anEntryWithTheFullNameCountsBeforePatternsAndThoseInTheirOrder() throws InvalidSettingsException {
        NodeSettings settings = NodeSettings.parse("""
                {"nodeconfig": [
                  {"name": "gpu-?", "labelselector": "pool in (mig, both),!spot", "operatingmode": "mig"},
                  {"name": "gpu-*", "devicesplitcount": 2},
                  {"labelselector": "kubernetes.io/os!=linux", "devicesplitcount": 3},
                  {"name": "GPU-7", "devicesplitcount": 4}
                ]}""");

        assertThat(settings.forNode("gpu-1", Map.of("pool", "both")))
                .contains(settings.nodes().get(0));
        assertThat(settings.forNode("gpu-1", Map.of("pool", "both", "spot", "")))
                .contains(settings.nodes().get(1));
        assertThat(settings.forNode("gpu-12", Map.of("pool", "both")))
                .contains(settings.nodes().get(1));
        assertThat(settings.forNode("other", Map.of()))
                .contains(settings.nodes().get(2));
        assertThat(settings.forNode("other", Map.of("kubernetes.io/os", "linux")))
                .isEmpty();
        assertThat(settings.forNode("gpu-7", Map.of("pool", "mig")))
                .contains(settings.nodes().get(3));
        assertThat(settings.dependsOnLabels("gpu-1")).isTrue();
        assertThat(settings.dependsOnLabels("gpu-12")).isFalse();
        assertThat(settings.dependsOnLabels("gpu-7")).isFalse();
        assertThat(settings.dependsOnLabels("other")).isTrue();
    }

    @Test
    void aGpuMayBeSharedInAnotherWayThanItsNode() throws InvalidSettingsException {
        NodeConfig node = NodeSettings.parse("""
                        {"nodeconfig": [{"name": "n", "operatingmode": "mig", "gpus": [
                          {"index": 0, "operatingmode": "hami-core"},
                          {"uuid": "GPU-b", "operatingmode": "hami-core"},
                          {"index": 2, "operatingmode": "mig"}]}]}""").nodes().getFirst();

        assertThat(node.modeOf("GPU-a", 0)).isEqualTo(GpuMode.HAMI_CORE);
        assertThat(node.modeOf("GPU-c", 1)).isEqualTo(GpuMode.MIG);
        assertThat(node.modeOf("GPU-b", 2)).as("the UUID counts first").isEqualTo(GpuMode.HAMI_CORE);
    }

    static Stream<Arguments> syntaxErrors() {
        return Stream.of(
                Arguments.of(
                        "{\"nodeconfig\": [\n  {\"name\": \"a\" \"operatingmode\": \"mig\"}]}",
                        "config.json line 2, column 16: Unexpected character ('\"' (code 34)): was expecting "
                                + "comma to separate Object entries"),
                Arguments.of(
                        "{\"nodeconfig\": [",
                        "config.json line 1, column 17: Unexpected end-of-input: expected close marker for Array "
                                + "(start marker at line 1, column 16)"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"Name\": \"b\"}]}",
                        "config.json line 1, column 31: key 'Name' is already defined at line 1, column 18 (keys "
                                + "ignore case); keep one of the two"),
                Arguments.of(
                        "{nodeconfig: []}",
                        "config.json line 1, column 2: Unexpected character ('n' (code 110)): was expecting "
                                + "double-quote to start field name"),
                Arguments.of(
                        "[]",
                        "config.json line 1, column 1: found a list where an object with a list 'nodeconfig' is "
                                + "expected"),
                Arguments.of(
                        "{} {}",
                        "config.json line 1, column 4: a second document begins here; the ConfigMap key holds "
                                + "exactly one"));
    }

    @ParameterizedTest
    @MethodSource
    void syntaxErrors(String json, String message) {
        assertThatThrownBy(() -> NodeSettings.parse(json))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> warnings() {
        return Stream.of(
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"operationmode\": \"mig\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].operationmode is unknown and ignored; "
                                + "did you mean 'operatingmode'?"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"migstrategy\": \"all\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].migstrategy 'all' is unknown; expected one "
                                + "of none, single, mixed (using none)"),
                Arguments.of(
                        "{\"nodesconfig\": []}",
                        "config.json line 1, column 2: nodesconfig is unknown and ignored; did you mean "
                                + "'nodeconfig'?"));
    }

    @ParameterizedTest
    @MethodSource
    void warnings(String json, String warning) throws MalformedDocumentException {
        var reading = DocumentBinding.NODES.read(SettingsView.of(DocumentKind.NODE, DocumentKind.NODE.parse(json)));

        assertThat(reading.problems()).isEmpty();
        assertThat(reading.warnings()).containsExactly(warning);
    }
}
