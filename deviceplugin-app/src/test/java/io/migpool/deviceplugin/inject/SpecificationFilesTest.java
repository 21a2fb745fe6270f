package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the host says of its driver is parsed once, and never outlives its file. */
class SpecificationFilesTest {

    @TempDir
    Path directory;

    private Path etc;
    private Path run;
    private SpecificationFiles files;

    @BeforeEach
    void makeDirectories() throws IOException {
        etc = Files.createDirectories(directory.resolve("etc"));
        run = directory.resolve("run");
        files = new SpecificationFiles(List.of(etc, run));
    }

    private static void write(Path file, int driver) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "kind: nvidia.com/gpu\ncdiVersion: 0.%d.0\n".formatted(driver));
    }

    private List<String> versions() {
        return files.read().stream()
                .map(document -> document.path("cdiVersion").asText())
                .toList();
    }

    @Test
    void aFileThatHasNotChangedIsNotParsedAgain() throws Exception {
        write(etc.resolve("nvidia.yaml"), 5);
        JsonNode first = files.read().getFirst();
        Files.setLastModifiedTime(etc.resolve("nvidia.yaml"), FileTime.fromMillis(1));

        assertThat(files.read()).singleElement().isSameAs(first);
    }

    @Test
    void aChangeOfTheSameLengthAtTheSameTimeIsSeen() throws Exception {
        Path file = etc.resolve("nvidia.yaml");
        write(file, 5);
        FileTime time = Files.getLastModifiedTime(file);
        assertThat(versions()).containsExactly("0.5.0");

        write(file, 6);
        Files.setLastModifiedTime(file, time);

        assertThat(versions()).containsExactly("0.6.0");
    }

    @Test
    void whatIsGoneIsForgottenAndThePreferredDirectoryComesFirst() throws Exception {
        write(etc.resolve("nvidia.yaml"), 5);
        write(run.resolve("nvidia.json"), 6);
        assertThat(versions()).containsExactly("0.6.0", "0.5.0");

        Files.delete(etc.resolve("nvidia.yaml"));

        assertThat(versions()).containsExactly("0.6.0");
    }

    @Test
    void aTornFileIsLeftOutUntilItIsWhole() throws Exception {
        write(run.resolve("nvidia.yaml"), 6);
        Files.writeString(etc.resolve("nvidia.yaml"), "kind: [nvidia.com/gpu\n");
        assertThat(versions()).containsExactly("0.6.0");
        assertThat(versions()).containsExactly("0.6.0");

        write(etc.resolve("nvidia.yaml"), 5);

        assertThat(versions()).containsExactly("0.6.0", "0.5.0");
    }
}
