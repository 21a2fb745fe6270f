package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import io.migpool.contracts.mig.GpuMode;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSettingsTest {

    @Test
    void aNodeIsFoundByItsNameWhateverItsCase() throws InvalidSettingsException {
        NodeSettings settings = NodeSettings.parse(Documents.text("nodes-brief.json"));

        assertThat(settings.forNode("MIG-NODE-A"))
                .contains(new NodeConfig(
                        "MIG-NODE-A", GpuMode.MIG, "mixed", FilterDevices.NONE, NodeOverrides.NONE, false));
        assertThat(settings.forNode("mig-node-a")).isEqualTo(settings.forNode("MIG-NODE-A"));
        assertThat(settings.forNode("mig-node-ab")).isEmpty();
    }

    @Test
    void everyKeyIsReadWhateverItsCase() throws InvalidSettingsException {
        NodeSettings settings = NodeSettings.parse(Documents.text("nodes-full.json"));

        assertThat(settings.nodes())
                .containsExactly(
                        new NodeConfig(
                                "node-a",
                                GpuMode.MIG,
                                "none",
                                new FilterDevices(List.of("GPU-8dcd427f-483b-b48f-d7e5-75fb19a52b76"), List.of(0, 3)),
                                new NodeOverrides(4, 1.8, 1.0, null, 3, true),
                                false),
                        new NodeConfig(
                                "node-b",
                                GpuMode.HAMI_CORE,
                                "none",
                                FilterDevices.NONE,
                                new NodeOverrides(null, null, null, null, 0, null),
                                false));
    }

    @Test
    void anEntryOverridesTheClusterOnlyWhereItSpeaks() throws InvalidSettingsException {
        NodeConfig node = NodeSettings.parse(Documents.text("nodes-full.json"))
                .forNode("node-a")
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
                        "config.json line 1, column 17: nodeconfig[0] has no name; expected the name of a node as "
                                + "'kubectl get nodes' prints it"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\"},\n {\"name\": \"a\"}]}",
                        "config.json line 2, column 3: nodeconfig[1].name 'a' is the node of nodeconfig[0] "
                                + "already; keep one entry"),
                Arguments.of(
                        "{\"nodeconfig\": {\"name\": \"a\"}}",
                        "config.json line 1, column 2: nodeconfig is a mapping; expected a list"),
                Arguments.of(
                        "{\"nodeconfig\": [\"a\"]}",
                        "config.json line 1, column 17: nodeconfig[0] 'a' is a value; expected a mapping with "
                                + "name, operatingmode, migstrategy, filterdevices, devicememoryscaling, …"),
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
                        "config.json line 1, column 58: nodeconfig[0].filterdevices.uuid[0] 'MIG-1' is no GPU; "
                                + "expected the UUID of a GPU, GPU-…, as 'nvidia-smi -L' prints it"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": {\"uuid\": \"GPU-1\"}}]}",
                        "config.json line 1, column 49: nodeconfig[0].filterdevices.uuid 'GPU-1' is a value; "
                                + "expected a list"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"filterdevices\": {\"index\": [0, -1, \"x\"]}}]}",
                        "config.json line 1, column 62: nodeconfig[0].filterdevices.index[1] '-1' is no index; "
                                + "expected the index of a GPU on the node, 0 or more; config.json line 1, column 66: "
                                + "nodeconfig[0].filterdevices.index[2] 'x' is no index; expected the index of a GPU on the "
                                + "node, 0 or more"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"devicesplitcount\": -1}]}",
                        "config.json line 1, column 31: nodeconfig[0].devicesplitcount '-1' is out of range; "
                                + "expected a whole number, 0 or more"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"devicememoryscaling\": -1.5}]}",
                        "config.json line 1, column 31: nodeconfig[0].devicememoryscaling '-1.5' is out of range; "
                                + "expected a number, 0 or more (0 leaves it as it is)"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"libcudaloglevel\": \"loud\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].libcudaloglevel 'loud' is no whole number; "
                                + "expected a whole number from 0 to 4"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"enablenumatopology\": 7}]}",
                        "config.json line 1, column 31: nodeconfig[0].enablenumatopology '7' is neither true nor "
                                + "false; expected true or false"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"preconfigureddevicememory\": 1.5}]}",
                        "config.json line 1, column 31: nodeconfig[0].preconfigureddevicememory '1.5' is no whole "
                                + "number; expected a whole number, 0 or more"));
    }

    @ParameterizedTest
    @MethodSource
    void refusals(String json, String message) {
        assertThatThrownBy(() -> NodeSettings.parse(json))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(message);
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
                        "config.json line 1, column 31: key 'Name' stands at line 1, column 18 already (keys "
                                + "ignore case); keep one of the two"),
                Arguments.of(
                        "{nodeconfig: []}",
                        "config.json line 1, column 2: Unexpected character ('n' (code 110)): was expecting "
                                + "double-quote to start field name"),
                Arguments.of(
                        "[]",
                        "config.json line 1, column 1: a list stands where an object with a list 'nodeconfig' is "
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
                        "config.json line 1, column 31: nodeconfig[0].operationmode is not known and not read; "
                                + "did you mean 'operatingmode'?"),
                Arguments.of(
                        "{\"nodeconfig\": [{\"name\": \"a\", \"migstrategy\": \"all\"}]}",
                        "config.json line 1, column 31: nodeconfig[0].migstrategy 'all' is unknown; expected one "
                                + "of none, single, mixed (it decides nothing here)"),
                Arguments.of(
                        "{\"nodesconfig\": []}",
                        "config.json line 1, column 2: nodesconfig is not known and not read; did you mean "
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
