package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The commands on GPU instances that are divided, or of no use. */
class PartsTest extends CommandsOnAMachine {

    private static final String PARTS = """
            version: v1
            mig-configs:
              parts:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"1c.3g.40gb": 3, "2c.4g.40gb": 1}
              impossible:
                - devices: all
                  mig-enabled: true
                  mig-devices: {"3c.4g.40gb": 1}
            """;

    @Test
    void partsAreAppliedAssertedExportedAndRestored() throws Exception {
        Files.writeString(config, PARTS);
        assertThat(apply("parts").code()).isZero();
        List<String> before = layout();
        assertThat(before).containsExactlyInAnyOrder("4g.40gb at 0:4 [2]", "3g.40gb at 4:4 [1, 1, 1]");

        assertThat(assertThatIs("parts").code()).isZero();
        Answer exported = run("export", "-l", "parts");
        assertThat(MigSpecReader.read("config.yaml", exported.out()).config("parts"))
                .isEqualTo(MigSpecReader.read("config.yaml", PARTS).config("parts"));
        List<GpuInstance> there = instances();
        assertThat(runIn(Map.of(), exported.out(), "apply", "-f", "-").code()).isZero();
        assertThat(instances()).isEqualTo(there);

        String file = directory.resolve("checkpoint.json").toString();
        assertThat(run("checkpoint", "-f", file).code()).isZero();
        Files.writeString(config, CONFIG);
        assertThat(apply("small").code()).isZero();
        assertThat(run("restore", "-f", file).code()).isZero();
        assertThat(layout()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void aPartThatNoBoardHasIsRefusedWithItsLine() throws Exception {
        Files.writeString(config, PARTS);

        Answer refused = apply("impossible");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains(
                        "%s: line 8: mig-configs.impossible[0]: GPU 0".formatted(config),
                        "3c.4g.40gb is not offered; the parts of 4g.40gb are [1c.4g.40gb, 2c.4g.40gb]");
    }

    /** As for mig-parted, what is exported is what containers can use. */
    @Test
    void anExportedLayoutIsAssertedThoughAGpuInstanceIsOfNoUse() throws Exception {
        apply("four");
        try (GpuDriver driver = machine.openDriver()) {
            String gpu = driver.gpus().getFirst().uuid();
            GpuInstance other = driver.instances(gpu).getFirst();
            driver.destroyComputeInstance(other, other.computeInstances().getFirst());
        }
        String exported = run("export").out();
        List<String> before = layout();
        assertThat(before).anyMatch(instance -> instance.endsWith("[]"));

        assertThat(runIn(Map.of(), exported, "assert", "-f", "-").code()).isZero();
        assertThat(runIn(Map.of(), exported, "apply", "-f", "-").code()).isZero();
        assertThat(layout()).isEqualTo(before);
        assertThat(assertThatIs("four").code()).isEqualTo(1);
        assertThat(apply("four").code()).isZero();
        assertThat(assertThatIs("four").code()).isZero();
    }

    @Test
    void everyConfigurationOfTheDocumentationIsApplied() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "mig-manager.md"));
        Matcher example = Pattern.compile("  config\\.yaml: \\|\n(.*?)```", Pattern.DOTALL)
                .matcher(page);
        assertThat(example.find()).isTrue();
        String text = example.group(1).stripIndent();
        Files.writeString(config, text);

        for (String name : MigSpecReader.read("config.yaml", text).configs().keySet()) {
            assertThat(apply(name).err()).as(name).isEmpty();
            assertThat(assertThatIs(name).code()).as(name).isZero();
        }
    }

    private List<String> layout() throws Exception {
        return instances().stream()
                .map(instance -> "%s at %s %s"
                        .formatted(
                                instance.profile(),
                                instance.placement(),
                                instance.computeInstances().stream()
                                        .map(compute -> compute.profile().computeSlices())
                                        .toList()))
                .toList();
    }
}
