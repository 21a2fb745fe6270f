package io.migpool.deviceplugin.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProgramsTest {

    private static final Path ROOT = Path.of("/");
    private static final Path SHELL = Path.of("/bin/sh");

    @TempDir
    Path directory;

    private static HostPrograms within(Duration limit) {
        return new HostPrograms(List.of(Path.of("/usr/bin"), Path.of("/bin")), limit);
    }

    @Test
    void whatItPrintsIsReturnedWithoutItsComplaints() throws IOException {
        assertThat(within(Duration.ofSeconds(10)).run(ROOT, SHELL, List.of("-c", "echo out; echo err >&2")))
                .isEqualTo("out\n");
    }

    @Test
    void itHasNoInputAndOnlyThePathOfTheHost() throws IOException {
        assertThat(within(Duration.ofSeconds(10)).run(ROOT, SHELL, List.of("-c", "cat; echo $PATH; echo $JAVA_HOME")))
                .isEqualTo("/usr/bin:/bin\n\n");
    }

    @Test
    void itIsKilledWithItsChildrenAfterItsTime() {
        Path alive = directory.resolve("child");

        assertThatThrownBy(() -> within(Duration.ofSeconds(2))
                        .run(ROOT, SHELL, List.of("-c", "sh -c 'echo $$ > %s; exec sleep 600'; true".formatted(alive))))
                .isInstanceOf(IOException.class)
                .hasMessage("/bin/sh has not ended within PT2S");

        await("the child is gone").atMost(Duration.ofSeconds(10)).until(() -> ProcessHandle.of(
                        Long.parseLong(Files.readString(alive).strip()))
                .filter(ProcessHandle::isAlive)
                .isEmpty());
    }

    @Test
    void anOutputWithoutEndIsNotRead() {
        assertThatThrownBy(() ->
                        within(Duration.ofSeconds(30)).run(ROOT, SHELL, List.of("-c", "head -c 5000000 /dev/zero")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("printed more than");
    }

    @Test
    void aProgramIsFoundByALinkThatOnlyTheHostCanFollow() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("usr/bin"));
        Files.createSymbolicLink(bin.resolve("nvidia-smi"), Path.of("/opt/driver/of/the/host/nvidia-smi"));

        assertThat(within(Duration.ofSeconds(1)).find(directory, "nvidia-smi"))
                .isEqualTo(Path.of("/usr/bin/nvidia-smi"));
    }
}
