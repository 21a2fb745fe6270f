package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person sees who types the commands. */
class MigPartedTest extends CommandsOnAMachine {

    @Test
    void whatIsAppliedIsAssertedAndExported() throws Exception {
        assertThat(assertThatIs("mixed").code()).isEqualTo(1);

        Answer applied = apply("mixed");

        assertThat(applied).isEqualTo(new Answer(0, "MIG configuration applied successfully\n", ""));
        assertThat(assertThatIs("mixed"))
                .isEqualTo(new Answer(0, "Selected MIG configuration currently applied\n", ""));
        Answer exported = run("export", "-l", "mixed");
        assertThat(MigSpecReader.read("config.yaml", exported.out()).config("mixed"))
                .isEqualTo(MigSpecReader.read("config.yaml", CONFIG).config("mixed"));
        Answer json = run("export", "-o", "json");
        assertThat(json.out()).startsWith("{");
        assertThat(MigSpecReader.read("config.yaml", json.out()).config("current"))
                .isEqualTo(MigSpecReader.read("config.yaml", CONFIG).config("mixed"));
    }

    @Test
    void anotherConfigurationIsNotAssertedAndNothingChanges() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();

        Answer other = assertThatIs("small");

        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err()).contains("Assertion failure: selected configuration not currently applied", "GPU-");
        assertThat(instances()).isEqualTo(before);
    }

    @Test
    void aCheckpointBringsEveryInstanceBackToItsPlace() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();
        String file = directory.resolve("checkpoint.json").toString();
        assertThat(run("checkpoint", "-f", file).code()).isZero();
        assertThat(apply("off").code()).isZero();
        assertThat(instances()).isEmpty();

        Answer restored = run("restore", "-f", file);

        assertThat(restored).isEqualTo(new Answer(0, "MIG configuration restored successfully\n", ""));
        assertThat(instances())
                .extracting(instance -> instance.profile() + "@" + instance.placement())
                .containsExactlyInAnyOrderElementsOf(before.stream()
                        .map(instance -> instance.profile() + "@" + instance.placement())
                        .toList());
        assertThat(assertThatIs("mixed").code()).isZero();
    }

    @Test
    void placesOfACheckpointCountWhereTheDefaultOnesDiffer() throws Exception {
        String gpu;
        try (GpuDriver driver = machine.openDriver()) {
            gpu = driver.gpus().getFirst().uuid();
        }
        Path file = Files.writeString(directory.resolve("odd.json"), """
                {"version": "v1", "gpus": [{"uuid": "%s", "mig-enabled": true, "instances": [
                  {"profile": "1g.10gb", "start": 5, "size": 1, "usable": true},
                  {"profile": "1g.10gb", "start": 2, "size": 1, "usable": false}]}]}
                """.formatted(gpu));

        assertThat(run("restore", "-f", file.toString()).code()).isZero();

        assertThat(instances())
                .extracting(instance -> instance.placement().start() + "/"
                        + instance.computeInstances().size())
                .containsExactlyInAnyOrder("5/1", "2/0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not json",
                "{}",
                "{\"version\": \"v1\"}",
                "{\"version\": \"v1\", \"gpus\": [{\"uuid\": \"GPU-other\", \"mig-enabled\": true, \"instances\": []}]}",
                "{\"version\": \"v1\", \"gpus\": [{\"uuid\": 7, \"mig-enabled\": true, \"instances\": []}]}"
            })
    void aCheckpointThatIsNoneOfThisMachineIsRefused(String text) throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();
        Path file = Files.writeString(directory.resolve("bad.json"), text);

        Answer refused = run("restore", "-f", file.toString());

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).startsWith("error: ").hasLineCount(1);
        assertThat(instances()).isEqualTo(before);
    }

    @Test
    void aLayoutThatDoesNotFitIsRefusedBeforeAnythingIsTouched() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();

        Answer refused = apply("too-much");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains(
                        "nothing was changed: %s: line 19: mig-configs.too-much[0]: GPU 0".formatted(config),
                        "do not fit");
        assertThat(instances()).isEqualTo(before);
    }

    @Test
    void instancesOfRunningProcessesStay() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();
        machine.startProcess(migUuid(before.getFirst()), 4711, 10);
        String file = directory.resolve("checkpoint.json").toString();
        run("checkpoint", "-f", file);

        assertThat(apply("off").code()).isEqualTo(1);
        for (String other : List.of("small", "four")) {
            apply(other);
            assertThat(instances()).extracting(CommandsOnAMachine::migUuid).contains(migUuid(before.getFirst()));
        }
        assertThat(run("restore", "-f", file).code()).isZero();
        assertThat(instances()).extracting(CommandsOnAMachine::migUuid).contains(migUuid(before.getFirst()));
    }

    @Test
    void whatAPodHasBeenGivenStaysThoughNoProcessRuns() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();
        before.forEach(
                instance -> occupants.add(new Occupant("pod team-a/train", Optional.empty(), migUuid(instance))));

        Answer waits = apply("off");

        assertThat(waits.code()).isEqualTo(1);
        assertThat(waits.err()).contains("in use", "pod team-a/train");
        assertThat(instances()).isEqualTo(before);
    }

    @Test
    void modesAloneLeaveInstancesWhereTheModeIsRight() throws Exception {
        apply("mixed");
        List<GpuInstance> before = instances();

        assertThat(run("assert", "-m", "-f", config.toString(), "-c", "small").code())
                .isZero();
        assertThat(run("apply", "--mode-only", "-f", config.toString(), "-c", "small")
                        .code())
                .isZero();
        assertThat(instances()).isEqualTo(before);
        assertThat(run("assert", "-m", "-f", config.toString(), "-c", "off").code())
                .isEqualTo(1);
        assertThat(run("apply", "-m", "-f", config.toString(), "-c", "off").code())
                .isZero();
        assertThat(assertThatIs("off").code()).isZero();
    }

    @Test
    void aModeThatNeedsAResetWhichFailsDoesNotStayPending() throws Exception {
        machine.close();
        machine = SimulatedMachine.inMemory(
                MachineSpec.of("NVIDIA A100-SXM4-80GB").withMigEnabled(false).withSeed(5));
        try (GpuDriver driver = machine.openDriver()) {
            String gpu = driver.gpus().getFirst().uuid();
            machine.inject(gpu, new SimulatedFault("reset", SimulatedFault.Effect.REFUSED, GpuErrorCode.UNKNOWN, 9, 0));

            Answer refused = apply("mixed");

            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("reset", "the former MIG modes are restored");
            assertThat(driver.migMode(gpu)).isEqualTo(MigMode.OFF);
        }
    }

    @Test
    void generatedConfigurationsCanBeApplied() {
        String file = directory.resolve("generated.yaml").toString();

        assertThat(run("generate-config", "-f", file)).isEqualTo(new Answer(0, "", ""));

        assertThat(run("apply", "-f", file, "-c", "all-balanced").code()).isZero();
        assertThat(run("assert", "-f", file, "-c", "all-balanced").code()).isZero();
        assertThat(run("generate-config").out()).contains("all-1g.10gb");
    }

    @Test
    void aCheckpointsModesAloneAreRestored() throws Exception {
        String file = directory.resolve("checkpoint.json").toString();
        apply("mixed");
        run("checkpoint", "-f", file);
        apply("small");
        List<GpuInstance> before = instances();

        assertThat(run("restore", "-m", "-f", file).code()).isZero();
        assertThat(instances()).isEqualTo(before);
        apply("off");
        assertThat(run("restore", "--mode-only", "-f", file).code()).isZero();
        assertThat(run("assert", "-m", "-f", config.toString(), "-c", "small").code())
                .isZero();
        assertThat(instances()).isEmpty();
    }

    /** The example of the page, line by line, in a directory of its own. */
    @Test
    void theCommandsOfTheDocumentationSucceed() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "mig-manager.md"));
        Matcher hooks = Pattern.compile("```yaml\n(version: v1\nhooks:.*?)```", Pattern.DOTALL)
                .matcher(page);
        assertThat(hooks.find()).isTrue();
        Path hooksFile = Files.writeString(
                directory.resolve("hooks.yaml"), hooks.group(1).replaceAll("command: \\S+", "command: /bin/true"));
        List<String> lines = page.lines()
                .filter(line -> line.startsWith("migparted ") && !line.startsWith("migparted()"))
                .toList();

        assertThat(lines).hasSizeGreaterThanOrEqualTo(8);
        for (String line : lines) {
            List<String> words = new ArrayList<>(List.of(line.split(" && ", 2)[0]
                    .substring("migparted ".length())
                    .strip()
                    .split("\\s+")));
            words.replaceAll(word -> word.equals("hooks.yaml")
                    ? hooksFile.toString()
                    : word.endsWith(".yaml") || word.endsWith(".json")
                            ? directory.resolve(word).toString()
                            : word);
            assertThat(run(words.toArray(String[]::new))).as(line).satisfies(answer -> {
                assertThat(answer.code()).as(answer.err()).isZero();
            });
        }
    }
}
