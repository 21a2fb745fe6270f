package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuInstance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flags of the commands, the variables that stand for them, and the files that they name. */
class MigPartedFlagsTest extends CommandsOnAMachine {

    @Test
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        Answer unknown = apply("huge");

        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("'huge'", "small", "mixed");
    }

    @Test
    void withoutANameTheFileMustHaveOneConfigurationOnly() {
        assertThat(run("apply", "-f", config.toString()).err()).contains("--selected-config");
        assertThat(runIn(Map.of(), run("export").out(), "assert", "-f", "-").code())
                .isZero();
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        Answer missing = run("apply", "-f", directory.resolve("none.yaml").toString(), "-c", "small");

        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).startsWith("error: cannot read ").contains("none.yaml");
    }

    @Test
    void aMalformedFileIsNamedWithItsLine() throws Exception {
        Files.writeString(config, "version: v1\nmig-config: {}\n");

        assertThat(apply("small").err()).contains("config.yaml: line 2");
    }

    @Test
    void aMissingFlagIsAnError() {
        assertThat(run("apply").code()).isEqualTo(1);
        assertThat(run("apply").err()).contains("--config-file");
        assertThat(run("aply").code()).isEqualTo(1);
    }

    @Test
    void variablesStandForFlagsAndFlagsWin() {
        Map<String, String> environment = Map.of(
                "MIG_PARTED_CONFIG_FILE", config.toString(),
                "MIG_PARTED_SELECTED_CONFIG", "small",
                "MIG_PARTED_OUTPUT_FORMAT", "json",
                "MIG_PARTED_CONFIG_LABEL", "here");

        assertThat(runIn(environment, "", "apply").code()).isZero();
        assertThat(assertThatIs("small").code()).isZero();
        assertThat(runIn(environment, "", "assert", "-c", "mixed").code()).isEqualTo(1);
        assertThat(runIn(environment, "", "export").out()).startsWith("{").contains("\"here\"");
    }

    @Test
    void filesMayBeNamedByVariables() throws Exception {
        Path generated = directory.resolve("generated.json");
        Path checkpoint = directory.resolve("before.json");
        Map<String, String> environment = Map.of(
                "MIG_PARTED_OUTPUT_FILE", generated.toString(),
                "MIG_PARTED_OUTPUT_FORMAT", "json",
                "MIG_PARTED_CHECKPOINT_FILE", checkpoint.toString());
        apply("small");

        assertThat(runIn(environment, "", "generate-config").code()).isZero();
        assertThat(runIn(environment, "", "checkpoint").code()).isZero();
        assertThat(Files.readString(generated)).startsWith("{").contains("\"all-1g.10gb\"");
        assertThat(run("apply", "-f", generated.toString(), "-c", "all-disabled")
                        .code())
                .isZero();
        assertThat(runIn(environment, "", "restore").code()).isZero();

        assertThat(assertThatIs("small").code()).isZero();
    }

    @Test
    void aFlagStaysOnWhereItsVariableSaysSoToo() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();

        assertThat(runIn(
                                Map.of("MIG_PARTED_MODE_CHANGE_ONLY", "true"),
                                "",
                                "apply",
                                "-m",
                                "-f",
                                config.toString(),
                                "-c",
                                "small")
                        .code())
                .isZero();
        assertThat(instances()).isEqualTo(before);
        assertThat(runIn(
                                Map.of("MIG_PARTED_VALID_CONFIG", "true"),
                                "",
                                "assert",
                                "-a",
                                "-f",
                                config.toString(),
                                "-c",
                                "too-much")
                        .code())
                .isZero();
        assertThat(runIn(Map.of("MIG_PARTED_DEBUG", "true"), "", "-d", "apply", "-f", config.toString(), "-c", "small")
                        .err())
                .contains("changed GPU-");
    }

    @ParameterizedTest
    @CsvSource({"1, true", "t, true", "T, true", "TRUE, true", "True, true", "0, false", "f, false", "FALSE, false"})
    void variablesAreTrueAndFalseInTheWordsOfGo(String word, boolean meant) {
        Answer answer = runIn(
                Map.of("MIG_PARTED_VALID_CONFIG", word, "MIG_PARTED_DEBUG", word),
                "",
                "assert",
                "-f",
                config.toString(),
                "-c",
                "too-much");

        assertThat(answer.code()).as(answer.err()).isEqualTo(meant ? 0 : 1);
        assertThat(answer.err()).doesNotContain("MIG_PARTED", "Invalid value");
    }

    @Test
    void aVariableThatIsNeitherTrueNorFalseIsRefusedWithWhatWouldBeRight() {
        Answer answer = runIn(Map.of("MIG_PARTED_DEBUG", "yes"), "", "export");

        assertThat(answer.code()).isEqualTo(1);
        assertThat(answer.err()).contains("--debug", "'yes' is neither true nor false");
    }

    @Test
    void validityIsAskedWithoutTheMachine() {
        assertThat(run("assert", "-a", "-f", config.toString(), "-c", "too-much")
                        .code())
                .isZero();
        assertThat(run("assert", "-a", "-f", config.toString(), "-c", "none").code())
                .isEqualTo(1);
    }
}
