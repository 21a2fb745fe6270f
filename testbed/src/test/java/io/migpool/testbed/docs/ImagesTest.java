package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.testbed.app.AppImage;
import io.migpool.testbed.app.AppKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The images that {@code ./migpool image} has built; skipped where it has not been run since the sources changed. */
class ImagesTest {

    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "EXTENDER, 65532:65532, 4, io.migpool.extender.ExtenderMain",
        "ADMISSION, 65532:65532, 4, io.migpool.admission.AdmissionMain",
        "DEVICE_PLUGIN, 0:0, 1, io.migpool.deviceplugin.DevicePluginMain"
    })
    void runTheApplicationUnprivilegedAndSayWhatIsInside(AppKind kind, String user, int tier, String main)
            throws Exception {
        Optional<String> outdated = AppImage.outdated(kind, Repository.ROOT);
        assumeTrue(outdated.isEmpty(), () -> outdated.orElse(""));
        AppImage image = AppImage.unpack(kind, AppImage.tar(kind, Repository.ROOT), directory);

        // Kubelet finds a loaded image only by its full name.
        assertThat(image.name()).matches("localhost/migpool/[a-z-]+:\\S+");
        assertThat(Repository.text(Repository.ROOT.resolve("docs/install.md")))
                .contains("newName: " + image.name().split(":", 2)[0]);
        assertThat(image.configuration().path("os").asText()).isEqualTo("linux");
        assertThat(image.configuration().path("created").asText()).startsWith("1970-01-01");
        assertThat(image.configuration().path("config").path("User").asText()).isEqualTo(user);
        assertThat(image.entryPoint())
                .startsWith("java")
                .contains("-XX:+UseSerialGC", "-XX:MaxRAMPercentage=60", "-XX:TieredStopAtLevel=" + tier)
                .contains("-XX:AOTCache=/app/migpool.aot")
                .noneMatch(option -> option.contains("SharedArchive"))
                .endsWith(main);
        assertThat(image.cache()).hasValueSatisfying(cache -> assertThat(cache)
                .isEqualTo(image.root().resolve("app/migpool.aot"))
                .satisfies(file -> assertThat(Files.size(file)).isGreaterThan(10 * MEBIBYTE)));
        JsonNode bill = JsonMapper.builder()
                .build()
                .readTree(image.root().resolve("app/sbom/sbom.cdx.json").toFile());
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.path("components").findValuesAsText("name")).contains("kubernetes-client-api");
    }
}
