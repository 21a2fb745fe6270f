package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The images that {@code ./migpool image} has built; skipped where it has not been run since the sources changed. */
class ImagesTest {

    private static final int BLOCK = 512;
    private static final int NAME_LENGTH = 100;
    private static final int SIZE_OFFSET = 124;
    private static final int SIZE_LENGTH = 11;
    private static final int OCTAL = 8;

    @ParameterizedTest
    @CsvSource({
        "extender-app, 65532:65532, 4, io.migpool.extender.ExtenderMain",
        "admission-app, 65532:65532, 4, io.migpool.admission.AdmissionMain",
        "deviceplugin-app, 0:0, 1, io.migpool.deviceplugin.DevicePluginMain"
    })
    void runTheApplicationUnprivilegedAndSayWhatIsInside(String module, String user, int tier, String main)
            throws Exception {
        Path tar = Repository.ROOT.resolve(module).resolve("target/jib-image.tar");
        assumeTrue(Files.exists(tar), tar + " is absent; run ./migpool image");
        Path newest = newestSource(module);
        assumeTrue(
                changed(tar).compareTo(changed(newest)) >= 0,
                () -> tar + " is older than " + newest + "; run ./migpool image");
        Map<String, byte[]> files = read(Files.newInputStream(tar));
        ObjectMapper json = new ObjectMapper();

        JsonNode index = json.readTree(files.get("index.json"));
        JsonNode manifest = json.readTree(blob(files, index.path("manifests").path(0)));
        JsonNode image = json.readTree(blob(files, manifest.path("config")));
        assertThat(image.path("os").asText()).isEqualTo("linux");
        assertThat(image.path("created").asText()).startsWith("1970-01-01");
        assertThat(image.path("config").path("User").asText()).isEqualTo(user);
        assertThat(image.path("config").path("Entrypoint"))
                .extracting(JsonNode::asText)
                .startsWith("java")
                .contains("-XX:+UseSerialGC", "-XX:MaxRAMPercentage=60", "-XX:TieredStopAtLevel=" + tier)
                .endsWith(main);
        Map<String, byte[]> content = new HashMap<>();
        for (JsonNode layer : manifest.path("layers")) {
            content.putAll(read(new GZIPInputStream(new ByteArrayInputStream(blob(files, layer)))));
        }
        JsonNode bill = json.readTree(content.get("app/sbom/sbom.cdx.json"));
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.path("components").findValuesAsText("name")).contains("kubernetes-client-api");
    }

    /** Of all that an image is made of the file that was changed last. */
    private static Path newestSource(String module) {
        List<Path> sources = new ArrayList<>(List.of(
                Repository.ROOT.resolve("pom.xml"),
                Repository.ROOT.resolve(module).resolve("pom.xml")));
        for (String part : List.of("api-contracts", "mp-config", module)) {
            sources.addAll(Repository.files(
                    Repository.ROOT.resolve(part).resolve("src").resolve("main"), ""));
        }
        return sources.stream()
                .filter(Files::isRegularFile)
                .max(Comparator.comparing(ImagesTest::changed))
                .orElseThrow();
    }

    private static FileTime changed(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A blob, which is what its digest says. */
    private static byte[] blob(Map<String, byte[]> files, JsonNode descriptor) throws NoSuchAlgorithmException {
        String digest = descriptor.path("digest").asText();
        byte[] bytes = Objects.requireNonNull(files.get("blobs/" + digest.replace(':', '/')), digest);
        assertThat("sha256:"
                        + HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)))
                .isEqualTo(digest);
        return bytes;
    }

    /** The files of a tar by name. */
    private static Map<String, byte[]> read(InputStream tar) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        try (DataInputStream in = new DataInputStream(tar)) {
            byte[] header = in.readNBytes(BLOCK);
            while (header.length == BLOCK && header[0] != 0) {
                String name = text(header, 0, NAME_LENGTH);
                int size =
                        Integer.parseInt(text(header, SIZE_OFFSET, SIZE_LENGTH).strip(), OCTAL);
                files.put(name, in.readNBytes(size));
                in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
                header = in.readNBytes(BLOCK);
            }
        }
        return files;
    }

    private static String text(byte[] header, int from, int length) {
        String field = new String(header, from, length, StandardCharsets.US_ASCII);
        int end = field.indexOf('\0');
        return end < 0 ? field : field.substring(0, end);
    }
}
