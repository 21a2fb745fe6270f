package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that run on the way of {@code apply} and {@code restore}. */
class HooksTest extends CommandsOnAMachine {

    /** Hooks that write down that they ran; those of one point fail. */
    private String hooks(String failing) throws IOException {
        StringBuilder text = new StringBuilder("version: v1\nhooks:\n");
        for (String point : List.of("apply-start", "pre-apply-mode", "pre-apply-config", "apply-exit")) {
            text.append("""
                      %1$s:
                        - command: /bin/sh
                          args: ["-c", "echo %1$s $WHO $MIG_PARTED_SELECTED_CONFIG $USER >> ran; echo heard; exit %2$d"]
                          envs: {WHO: hook, MIG_PARTED_SELECTED_CONFIG: overridden}
                          workdir: %3$s
                    """.formatted(point, point.equals(failing) ? 3 : 0, directory));
        }
        return Files.writeString(directory.resolve("hooks.yaml"), text).toString();
    }

    private List<String> ran() throws IOException {
        Path ran = directory.resolve("ran");
        List<String> lines = Files.exists(ran) ? Files.readAllLines(ran) : List.of();
        Files.deleteIfExists(ran);
        return lines.stream().map(String::strip).toList();
    }

    @Test
    void hooksRunAtTheirPointsWithTheFlagsAndWithoutOurVariables() throws Exception {
        String hooks = hooks("");
        apply("off");

        Answer applied = run("apply", "-f", config.toString(), "-c", "mixed", "-k", hooks);

        assertThat(applied).isEqualTo(new Answer(0, "MIG configuration applied successfully\n", ""));
        assertThat(ran())
                .containsExactly(
                        "apply-start hook mixed",
                        "pre-apply-mode hook mixed",
                        "pre-apply-config hook mixed",
                        "apply-exit hook mixed");
        run("apply", "-f", config.toString(), "-c", "small", "-k", hooks);
        assertThat(ran())
                .containsExactly("apply-start hook small", "pre-apply-config hook small", "apply-exit hook small");
        run("apply", "-f", config.toString(), "-c", "small", "-k", hooks);
        assertThat(ran()).containsExactly("apply-start hook small", "apply-exit hook small");
        run("apply", "-m", "-f", config.toString(), "-c", "off", "-k", hooks);
        assertThat(ran()).containsExactly("apply-start hook off", "pre-apply-mode hook off", "apply-exit hook off");
    }

    @Test
    void withTheModeOffThereIsNoLayoutForHooksOfOne() throws Exception {
        apply("mixed");

        run("apply", "-f", config.toString(), "-c", "off", "-k", hooks(""));

        assertThat(ran()).containsExactly("apply-start hook off", "pre-apply-mode hook off", "apply-exit hook off");
    }

    @Test
    void modesAreChangedBeforeTheHooksOfTheLayoutRun() throws Exception {
        apply("off");

        Answer applied = run("-d", "apply", "-f", config.toString(), "-c", "mixed", "-k", hooks(""));

        assertThat(applied.code()).isZero();
        assertThat(applied.err())
                .containsSubsequence(
                        "running pre-apply-mode hook",
                        "changed GPU-",
                        "running pre-apply-config hook",
                        "changed GPU-",
                        "running apply-exit hook");
    }

    @Test
    void aHookOfTheLayoutThatFailsHasTheModesTakenBackWithWhatWasThere() throws Exception {
        Path twoModes = Files.writeString(directory.resolve("two-modes.yaml"), """
                version: v1
                mig-configs:
                  before:
                    - {devices: [0], mig-enabled: true, mig-devices: {"3g.40gb": 2}}
                    - {devices: [1], mig-enabled: true, mig-devices: {"1g.10gb": 7}}
                  after:
                    - {devices: [0], mig-enabled: false}
                    - {devices: [1], mig-enabled: true, mig-devices: {"7g.80gb": 1}}
                """);
        assertThat(run("apply", "-f", twoModes.toString(), "-c", "before").code())
                .isZero();

        Answer failed = run("apply", "-f", twoModes.toString(), "-c", "after", "-k", hooks("pre-apply-config"));

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("exited with 3", "the former MIG modes are restored");
        assertThat(run("assert", "-f", twoModes.toString(), "-c", "before").code())
                .isZero();
    }

    @Test
    void modesThatCannotBeTakenBackAreTold() throws Exception {
        apply("mixed");
        Path file = Files.writeString(directory.resolve("hooks.yaml"), """
                version: v1
                hooks:
                  pre-apply-config: [{command: /bin/false}]
                """);
        Path oneOff = Files.writeString(directory.resolve("one-off.yaml"), """
                version: v1
                mig-configs:
                  one-off:
                    - {devices: [0], mig-enabled: false}
                    - {devices: [1], mig-enabled: true, mig-devices: {"7g.80gb": 1}}
                """);
        try (GpuDriver driver = machine.openDriver()) {
            machine.inject(
                    driver.gpus().getFirst().uuid(),
                    new SimulatedFault("enableMig", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 9, 0));
        }

        Answer failed = run("apply", "-f", oneOff.toString(), "-k", file.toString());

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("exited with 1", "the former MIG modes could not be restored, see export");
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnyClientIsStopped() throws Exception {
        apply("off");

        assertThat(run("apply", "-f", config.toString(), "-c", "too-much", "-k", hooks(""))
                        .code())
                .isEqualTo(1);

        assertThat(ran()).containsExactly("apply-start hook too-much", "apply-exit hook too-much");
        assertThat(assertThatIs("off").code()).isZero();
    }

    @Test
    void restoreHasHooksTooAndTheVariableNamesThem() throws Exception {
        String file = directory.resolve("checkpoint.json").toString();
        apply("mixed");
        run("checkpoint", "-f", file);
        apply("small");

        assertThat(runIn(Map.of("MIG_PARTED_HOOKS_FILE", hooks("")), "", "restore", "-f", file)
                        .code())
                .isZero();

        assertThat(ran())
                .containsExactly(
                        "apply-start hook overridden",
                        "pre-apply-config hook overridden",
                        "apply-exit hook overridden");
    }

    @ParameterizedTest
    @ValueSource(strings = {"apply-start", "pre-apply-mode", "pre-apply-config"})
    void aHookThatFailsEndsItBeforeAnythingIsChanged(String point) throws Exception {
        apply("off");

        Answer failed = run("apply", "-f", config.toString(), "-c", "mixed", "-k", hooks(point));

        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).contains("/bin/sh", point, "exited with 3");
        assertThat(assertThatIs("off").code()).isZero();
        assertThat(ran().contains("apply-exit hook mixed")).isEqualTo(!point.equals("apply-start"));
    }

    @Test
    void theHooksOfTheEndRunAfterAFailureTooAndItStaysTheNews() throws Exception {
        Answer refused = run("apply", "-f", config.toString(), "-c", "too-much", "-k", hooks("apply-exit"));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("do not fit").doesNotContain("exited");
        assertThat(ran()).last().asString().startsWith("apply-exit");

        Answer applied = run("apply", "-f", config.toString(), "-c", "small", "-k", hooks("apply-exit"));
        assertThat(applied.code()).isEqualTo(1);
        assertThat(applied.err()).contains("exited with 3");
        assertThat(assertThatIs("small").code()).isZero();
    }

    @Test
    void whoWantsToHearOfTheWayDoes() throws Exception {
        String hooks = hooks("");

        for (List<String> flag : List.of(List.of("-d"), List.of("--debug"))) {
            List<String> line = new ArrayList<>(flag);
            line.addAll(List.of("apply", "-f", config.toString(), "-c", "mixed", "-k", hooks));
            assertThat(run(line.toArray(String[]::new)).err())
                    .contains("running apply-start hook: /bin/sh", "debug: heard", "MIG modes are as requested");
        }
        assertThat(runIn(Map.of("MIG_PARTED_DEBUG", "true"), "", "apply", "-f", config.toString(), "-c", "small")
                        .err())
                .contains("layouts are different", "changed GPU-");
        assertThat(apply("mixed").err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hooks: {}                                      | lacks 'version: v1'",
                "{version: v1, hooks: {before: []}}             | unknown hook point hooks.before; known: apply-start, pre",
                "{version: v1, hooks: {apply-start: [{}]}}      | hooks.apply-start[0] lacks 'command'",
                "{version: v1, hooks: {apply-start: [{command: x, arg: y}]}} | line 1",
                "{version: v1, hooks: {apply-start: [~]}}       | hooks.apply-start[0] lacks 'command'",
                "{version: v1, hooks: 3}                        | line 1"
            })
    void aMalformedHooksFileIsNamedBeforeAnythingRuns(String text, String told) throws Exception {
        Path file = Files.writeString(directory.resolve("bad.yaml"), text);

        Answer refused = run("apply", "-f", config.toString(), "-c", "mixed", "-k", file.toString());

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("bad.yaml", told);
        assertThat(assertThatIs("mixed").code()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{version: v1, hooks: {pre-apply-mode: }}", "{version: v1, hooks: }"})
    void whatIsLeftEmptyIsEmpty(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("hooks.yaml"), text);

        Answer answer = run("apply", "-f", config.toString(), "-c", "mixed", "-k", file.toString());

        assertThat(answer.code()).as(answer.err()).isZero();
    }

    @Test
    void aHookThatIsNoProgramIsNamed() throws Exception {
        Path file = Files.writeString(
                directory.resolve("hooks.yaml"), "{version: v1, hooks: {apply-start: [{command: /nowhere/program}]}}");

        assertThat(run("apply", "-f", config.toString(), "-c", "mixed", "-k", file.toString())
                        .err())
                .contains("/nowhere/program", "cannot be run");
    }
}
