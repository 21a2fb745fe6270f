package io.migpool.deviceplugin.geometry.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.Boards;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigSpecReaderTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# nothing but a comment",
                "{}",
                "{version: v1}",
                "{\"version\": \"v1\"}",
                "{version: v1, mig-configs: {c: [{devices: all, mig-enabled: false}]}}",
                "{version: v1, mig-configs: {c: [{devices: all, mig-enabled: false, mig-devices: {}}]}}",
                "{version: v1, mig-configs: {c: [{devices: [0, 1], mig-enabled: true, mig-devices: {}}]}}",
                "{version: v1, mig-configs: {c: [{device-filter: 0x20B210DE, devices: all, mig-enabled: false}]}}",
                "{version: v1, mig-configs: {c: [{device-filter: [0x20B210DE, \"0x233010DE:0x16C010DE\"], devices: all, mig-enabled: false}]}}",
                "{version: v1, mig-configs: {c: [{devices: all, mig-enabled: true, mig-devices: {0g.0gb: 100}}]}}",
            })
    void theseAreConfigurations(String text) throws MigSpecException {
        String yaml = text.startsWith("{version") ? "# in YAML's flow style\n" + text : text;

        MigSpec spec = MigSpecReader.read("config.yaml", yaml);

        assertThat(MigSpecReader.read("config.yaml", MigSpecWriter.yaml(spec))).isEqualTo(spec);
        assertThat(MigSpecReader.read("config.yaml", MigSpecWriter.json(spec))).isEqualTo(spec);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    version: v2                                                     | line 1: version is 'v2'
                    mig-configs: {c: [{devices: all, mig-enabled: false}]}          | lacks 'version'
                    {version: v1, bogus: 1}                                         | has unknown key 'bogus'
                    {version: v1, mig-configs: {}}                                  | mig-configs is empty
                    {version: v1, mig-configs: {c: []}}                             | mig-configs.c is a list of 0
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: true}]}} | mig-configs.c[0] lacks 'mig-devices'
                    {version: v1, mig-configs: {c: [{mig-enabled: false}]}}         | mig-configs.c[0] lacks 'devices'
                    {version: v1, mig-configs: {c: [{devices: all}]}}               | mig-configs.c[0] lacks 'mig-enabled'
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: false, x: 1}]}} | mig-configs.c[0] has unknown key 'x'
                    {version: v1, mig-configs: {c: [{devices: bogus, mig-enabled: false}]}} | devices is 'bogus'; write all, or a list
                    {version: v1, mig-configs: {c: [{devices: [-1], mig-enabled: false}]}} | devices[0] is '-1'
                    {version: v1, mig-configs: {c: [{devices: [a], mig-enabled: false}]}} | devices[0] is 'a'
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: True}]}} | mig-configs.c[0] lacks 'mig-devices'
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: "yes"}]}} | mig-enabled is 'yes'; write true or false
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: true, mig-devices: {bogus: 2}}]}} | 'bogus' is not a MIG profile name
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: true, mig-devices: {1g.5gb: -2}}]}} | mig-devices.1g.5gb is '-2'
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: true, mig-devices: {1g.5gb: 0}}]}} | counts only zeros
                    {version: v1, mig-configs: {c: [{devices: all, mig-enabled: false, mig-devices: {1g.5gb: 1}}]}} | names devices although
                    {version: v1, mig-configs: {c: [{device-filter: {a: b}, devices: all, mig-enabled: false}]}} | device-filter is a mapping
                    {version: v1, mig-configs: {c: [{device-filter: MODEL, devices: all, mig-enabled: false}]}} | mig-configs.c[0].device-filter 'MODEL' is not a device filter
                    {version: v1, mig-configs: {c: [{device-filter: [0x20B210DE, 0x1:0x2:0x3], devices: all, mig-enabled: false}]}} | mig-configs.c[0].device-filter[1] '0x1:0x2:0x3' is not a device filter: it has 3 parts
                    {version: v1, mig-configs: {c: [{device-filter: [""], devices: all, mig-enabled: false}]}} | device-filter[0] is ''; write a filter
                    {version: v1, version: v1}                                      | key 'version' is already defined in line
                    """)
    void theseAreRefusedWithPathAndLine(String text, String told) {
        assertThatThrownBy(() -> MigSpecReader.read("config.yaml", "# flow style\n" + text))
                .isInstanceOf(MigSpecException.class)
                .hasMessageContaining(told.replace("line 1", "line 2"))
                .hasMessageStartingWith("config.yaml: line 2: ");
    }

    @ParameterizedTest
    @CsvSource({
        "true, true", "True, true", "TRUE, true", "yes, true", "Yes, true", "on, true", "On, true",
        "false, false", "False, false", "FALSE, false", "no, false", "No, false", "off, false", "Off, false",
    })
    void aTruthIsWhatYamlTakesItFor(String written, boolean meant) throws MigSpecException {
        MigSpec spec = MigSpecReader.read(
                "config.yaml",
                "version: v1\nmig-configs: {c: [{devices: all, mig-enabled: %s, mig-devices: {}}]}".formatted(written));

        assertThat(spec.config("c")).extracting(MigSpecEntry::migEnabled).containsExactly(meant);
    }

    @Test
    void theLineIsTheOneOfTheKeyThatIsWrong() {
        String text = """
                version: v1
                mig-configs:
                  good:
                  - devices: all
                    mig-enabled: false
                  bad:
                  - devices: all
                    mig-enabled: true
                    mig-devices:
                      1g.10gb: many
                """;

        assertThatThrownBy(() -> MigSpecReader.read("config.yaml", text))
                .hasMessageStartingWith("config.yaml: line 10: mig-configs.bad[0].mig-devices.1g.10gb is 'many'");
    }

    @Test
    void anEntryKnowsWhereItIsWrittenAndIsEqualWithoutThat() throws MigSpecException {
        String text = """
                version: v1
                mig-configs:
                  off:
                  - devices: all
                    mig-enabled: false
                  - devices: [1]
                    mig-enabled: false
                """;

        List<MigSpecEntry> entries = MigSpecReader.read("off.yaml", text).config("off");

        assertThat(entries)
                .extracting(MigSpecEntry::origin)
                .containsExactly("off.yaml: line 4: mig-configs.off[0]: ", "off.yaml: line 6: mig-configs.off[1]: ");
        assertThat(MigSpecReader.read("other.yaml", "# a comment\n" + text).config("off"))
                .isEqualTo(entries)
                .hasSameHashCodeAs(entries);
        assertThat(entries.get(0)).isNotEqualTo(entries.get(1)).isEqualTo(MigSpecEntry.disabled());
    }

    @Test
    void jsonErrorsHaveALineToo() {
        assertThatThrownBy(() -> MigSpecReader.read("config.yaml", "{\n\"version\": \"v1\",\n\"mig-configs\": 3}"))
                .hasMessage("config.yaml: line 3: mig-configs is '3'; write a mapping");
    }

    @Test
    void brokenSyntaxHasALine() {
        assertThatThrownBy(() -> MigSpecReader.read("config.yaml", "version: v1\nmig-configs: ["))
                .isInstanceOf(MigSpecException.class)
                .hasMessageMatching("config.yaml: line [23]: .+");
    }

    @Test
    void everythingAnEntryCanSayIsKept() throws MigSpecException {
        MigSpec spec = MigSpecReader.read("config.yaml", """
                version: v1
                mig-configs:
                  custom:
                  - device-filter: ["0x233010DE:0x16C010DE", 0x20B210DE]
                    devices: [0, 3]
                    mig-enabled: true
                    mig-devices: {"1g.10gb": 2, "3c.3g.40gb": 1, "1g.10gb+me": 0}
                """);

        assertThat(spec.config("custom"))
                .containsExactly(new MigSpecEntry(
                        Boards.filters("0x233010DE:0x16C010DE", "0x20B210DE"),
                        new DeviceSelection.Indices(List.of(0, 3)),
                        true,
                        Map.of(MigProfile.of(1, 10), 2, MigProfile.of(3, 40), 1)));
        assertThat(MigSpecReader.read("config.yaml", MigSpecWriter.yaml(spec))).isEqualTo(spec);
    }

    @Test
    void aMissingLabelNamesThoseThatExist() throws MigSpecException {
        MigSpec spec = new MigSpec(Map.of("all-disabled", List.of(MigSpecEntry.disabled())));

        assertThatThrownBy(() -> spec.config("all-1g.10gb"))
                .hasMessage("no configuration is called 'all-1g.10gb'; known: [all-disabled]");
    }
}
