package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which configurations count where nobody gives any. */
class ConfigurationsTest {

    private static final String DEFAULT = """
            version: v1
            mig-configs:
              ours:
                - devices: all
                  mig-enabled: false
            """;

    @TempDir
    Path directory;

    /** What a watch has seen of a ConfigMap. */
    private record Seen(Optional<Map<String, String>> data) implements ConfigMaps.Watched {

        @Override
        public void start() {}

        @Override
        public void close() {}
    }

    private static List<GpuDescription> boards(boolean told) throws GpuException {
        try (LabelDrivenMachine machine = LabelDrivenMachine.of("NVIDIA H100 80GB HBM3")) {
            GpuDescription board = machine.board(0);
            return List.of(
                    told
                            ? board
                            : new GpuDescription(
                                    board.uuid(),
                                    board.index(),
                                    board.minor(),
                                    board.model(),
                                    board.memoryMiB(),
                                    board.numaNode(),
                                    board.pciBusId(),
                                    board.pci(),
                                    board.migSupport(),
                                    List.of()));
        }
    }

    @Test
    void theDefaultFileStandsInForADriverThatDoesNotTell() throws Exception {
        Path file = Files.writeString(directory.resolve("default.yaml"), DEFAULT);

        assertThat(Configurations.generated(() -> boards(false), Optional.of(file))
                        .current()
                        .configs())
                .containsOnlyKeys("ours");
        assertThat(Configurations.generated(() -> boards(true), Optional.of(file))
                        .current()
                        .configs())
                .containsKey("all-1g.10gb")
                .doesNotContainKey("ours");
        assertThat(Configurations.generated(() -> boards(false), Optional.empty())
                        .current()
                        .configs())
                .containsKey("all-1g.10gb");
    }

    @Test
    void aFileThatIsNotThereIsAnErrorAndNotWaitedFor() {
        assertThatThrownBy(Configurations.in(directory.resolve("typo.yaml"))::current)
                .isInstanceOf(MigSpecException.class)
                .hasMessageContaining("typo.yaml does not exist");
    }

    @Test
    void aMalformedDefaultFileIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("default.yaml"), "version: v2\n");
        ConfigurationSource source = Configurations.generated(() -> boards(false), Optional.of(file));

        assertThatThrownBy(source::current)
                .isInstanceOf(MigSpecException.class)
                .hasMessageContaining("default.yaml")
                .hasMessageContaining("v2");
    }

    @Test
    void aConfigMapIsNamedInItsErrorsAndInThoseOfItsEntries() throws Exception {
        Map<String, String> data = new HashMap<>(Map.of(Configurations.KEY, DEFAULT));
        ConfigurationSource source = Configurations.in(
                "kube-system/custom-mig-config",
                new Seen(Optional.of(data)),
                Configurations.in(directory.resolve("none.yaml")));
        assertThat(source.named("ours"))
                .extracting(MigSpecEntry::origin)
                .containsExactly(
                        "ConfigMap kube-system/custom-mig-config, key config.yaml: line 4: mig-configs.ours[0]: ");

        data.put(Configurations.KEY, DEFAULT.replace("- devices:", "- device-filter: H100\n      devices:"));

        assertThatThrownBy(source::current)
                .isInstanceOf(MigSpecException.class)
                .hasMessageStartingWith("ConfigMap kube-system/custom-mig-config, key config.yaml: line 4: ");
    }

    @Test
    void whereNoConfigurationHasTheNameTheMissingConfigMapIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("default.yaml"), DEFAULT);
        ConfigurationSource source =
                Configurations.in("kube-system/custom-mig-config", new Seen(Optional.empty()), Configurations.in(file));

        assertThat(source.named("ours")).hasSize(1);
        assertThatThrownBy(() -> source.named("five-1g-one-2g"))
                .isInstanceOf(MigSpecException.class)
                .hasMessage("no configuration is called 'five-1g-one-2g'; known: [ours]; "
                        + "there is no ConfigMap kube-system/custom-mig-config");
    }
}
