package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.testbed.app.AppImage;
import io.migpool.testbed.app.AppKind;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The images that {@code ./migpool image} builds; skipped where it has not been run since the sources changed. */
class ImagesTest {

    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "EXTENDER, 65532:65532, 4, io.migpool.extender.ExtenderMain",
        "ADMISSION, 65532:65532, 1, io.migpool.admission.AdmissionMain",
        "DEVICE_PLUGIN, 0:0, 1, io.migpool.deviceplugin.DevicePluginMain"
    })
    void runTheApplicationUnprivilegedAndSayWhatIsInside(AppKind kind, String user, int tier, String main)
            throws Exception {
        AppImage image = image(kind);

        // Kubelet finds a loaded image only by its full name.
        assertThat(image.name()).matches("localhost/migpool/[a-z-]+:\\S+");
        assertThat(Repository.text(Repository.ROOT.resolve("docs/install.md")))
                .contains("newName: " + image.name().split(":", 2)[0]);
        assertThat(image.configuration().path("os").asText()).isEqualTo("linux");
        assertThat(image.configuration().path("created").asText()).startsWith("1970-01-01");
        assertThat(image.configuration().path("config").path("User").asText()).isEqualTo(user);
        assertThat(image.entryPoint())
                .startsWith("java")
                .contains("-XX:+UseSerialGC", "-XX:MaxRAMPercentage=60", "-XX:NewSize=24m")
                .contains("-XX:TieredStopAtLevel=" + tier)
                .contains("-XX:AOTCache=/app/migpool.aot")
                .noneMatch(option -> option.contains("SharedArchive"))
                .endsWith(main);
        assertThat(image.root().resolve("usr/bin/chroot"))
                .as("runs programs of the host")
                .isExecutable();
        assertThat(image.cache()).hasValueSatisfying(cache -> assertThat(cache)
                .isEqualTo(image.root().resolve("app/migpool.aot"))
                .satisfies(file -> assertThat(Files.size(file)).isGreaterThan(10 * MEBIBYTE)));
        JsonNode bill = JsonMapper.builder()
                .build()
                .readTree(image.root().resolve("app/sbom/sbom.cdx.json").toFile());
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.path("components").findValuesAsText("name")).contains("kubernetes-client-api");
        assertNothingDiffersByBuild(image.root(), bill);
    }

    private static void assertNothingDiffersByBuild(Path root, JsonNode bill) throws IOException {
        assertThat(bill.has("serialNumber")).isFalse();
        assertThat(bill.path("metadata").has("timestamp")).isFalse();
        try (Stream<Path> files = Files.walk(root).filter(Files::isRegularFile)) {
            assertThat(files).allSatisfy(file -> assertThat(Files.getLastModifiedTime(file))
                    .isEqualTo(FileTime.from(Instant.ofEpochSecond(1))));
        }
        assertThat(entries(root.resolve("app/classpath")))
                .isNotEmpty()
                .allSatisfy(entry -> assertThat(entry.getTimeLocal()).isEqualTo("2026-01-01T00:00:00"));
    }

    /** Jib refuses to make an index of several architectures in the format of OCI, but only after the build. */
    @Test
    void arePushedInAFormatThatHasAnIndexOfArchitectures() {
        assertThat(Repository.text(Repository.ROOT.resolve("pom.xml")).replaceAll("<!--[^>]*-->|\\s", ""))
                .contains("<format>${image.format}</format>")
                .contains("<id>untrained</id><properties><image.format>Docker</image.format>");
        assertThat(Repository.text(Repository.ROOT.resolve("migpool")))
                .contains("--activate-profiles image,untrained jib:build");
    }

    /** The jars are the same for each architecture, and the node agent calls the driver through machine code in one of them. */
    @Test
    void carryTheMachineCodeOfBothArchitectures() throws Exception {
        AppImage image = image(AppKind.DEVICE_PLUGIN);

        assertThat(entries(image.root().resolve("app/libs")))
                .extracting(ZipEntry::getName)
                .contains("com/sun/jna/linux-x86-64/libjnidispatch.so", "com/sun/jna/linux-aarch64/libjnidispatch.so");
    }

    /** Returns what the jars in a directory hold. */
    private static List<ZipEntry> entries(Path directory) throws IOException {
        List<ZipEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(directory, "*.jar")) {
            for (Path jar : jars) {
                try (ZipFile zip = new ZipFile(jar.toFile())) {
                    zip.stream().forEach(entries::add);
                }
            }
        }
        return entries;
    }

    private AppImage image(AppKind kind) throws Exception {
        Optional<String> outdated = AppImage.outdated(kind, Repository.ROOT);
        assumeTrue(outdated.isEmpty(), () -> outdated.orElse(""));
        return AppImage.unpack(kind, AppImage.tar(kind, Repository.ROOT), directory);
    }
}
