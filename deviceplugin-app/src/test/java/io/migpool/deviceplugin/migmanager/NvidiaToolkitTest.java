package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NVIDIA's programs, played by scripts that write down how they were called. */
class NvidiaToolkitTest {

    private static final Path ROOT = Path.of("/");

    @TempDir
    Path directory;

    private Path programs = Path.of("unset");
    private Path specification = Path.of("unset");

    @BeforeEach
    void install() throws IOException {
        programs = Files.createDirectory(directory.resolve("bin"));
        specification = directory.resolve("cdi").resolve(NvidiaToolkit.FILE);
        script("nvidia-smi", "echo a table");
        script("nvidia-ctk", "[ $1 = cdi ] && echo 'kind: management.nvidia.com/gpu' || true");
    }

    private void script(String name, String body) throws IOException {
        Path file = programs.resolve(name);
        Files.writeString(
                file, "#!/bin/sh\necho %s \"$@\" >> %s\n%s\n".formatted(name, directory.resolve("calls"), body));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(directory.resolve("calls"));
    }

    private NvidiaToolkit toolkit(Path hostRoot, Optional<Path> driverRoot) {
        return new NvidiaToolkit(new MigManagerSettings.Cdi(
                hostRoot,
                driverRoot,
                Optional.of(Path.of("/dev-root")),
                List.of(directory.resolve("none"), programs, Path.of("/usr/bin"), Path.of("/bin")),
                Optional.empty(),
                directory.resolve("cdi"),
                Duration.ofSeconds(10)));
    }

    @Test
    void theStepsAreThoseOfMigManager() throws Exception {
        toolkit(ROOT, Optional.of(ROOT)).generate();

        assertThat(calls())
                .containsExactly(
                        "nvidia-smi",
                        "nvidia-ctk system create-device-nodes --control-devices --dev-root=/dev-root",
                        "nvidia-ctk cdi generate --mode=management --vendor=management.nvidia.com --class=gpu"
                                + " --driver-root=/ --dev-root=/dev-root");
        assertThat(specification).hasContent("kind: management.nvidia.com/gpu");
        assertThat(directory.resolve("cdi")).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void theHookBesideTheToolkitIsNamed() throws Exception {
        script("nvidia-cdi-hook", "");

        toolkit(ROOT, Optional.of(ROOT)).generate();

        assertThat(calls())
                .last()
                .asString()
                .endsWith(" --nvidia-cdi-hook-path=" + programs.resolve("nvidia-cdi-hook"));
    }

    @Test
    void programsRunInTheRootOfTheHost() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root may change the root directory")
                .isEqualTo("root");
        script("nvidia-smi", "[ \"$PWD\" = / ] && [ -z \"$HOME\" ]");

        toolkit(Path.of("/proc/self/root"), Optional.empty()).generate();

        assertThat(calls()).hasSize(3).last().asString().contains("--driver-root=/ ");
    }

    @Test
    void aDriverThatAContainerBringsIsFound() throws Exception {
        Path host = directory.resolve("host");
        Path driver = host.resolve("run/nvidia/driver");
        Files.createDirectories(driver.resolve("bin"));
        Files.createFile(driver.resolve("bin/nvidia-smi"));

        assertThatThrownBy(toolkit(host, Optional.empty())::generate)
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining("/bin/nvidia-smi in " + driver + " exited with");
    }

    @Test
    void aFailureIsToldWithItsLastWordsAndTheFormerSpecificationStays() throws Exception {
        toolkit(ROOT, Optional.of(ROOT)).generate();
        script("nvidia-ctk", "echo partial; echo 'failed to initialise NVML' >&2; exit 3");

        assertThatThrownBy(toolkit(ROOT, Optional.of(ROOT))::generate)
                .isInstanceOf(UnreachableException.class)
                .hasMessageContaining(specification + " was not regenerated")
                .hasMessageContaining("create-device-nodes")
                .hasMessageContaining("exited with 3: failed to initialise NVML");
        assertThat(specification).hasContent("kind: management.nvidia.com/gpu");
    }

    @Test
    void whatIsNoSpecificationIsNotWritten() throws Exception {
        script("nvidia-ctk", "echo 'kind: nvidia.com/gpu'");

        assertThatThrownBy(toolkit(ROOT, Optional.of(ROOT))::generate)
                .hasMessageContaining("no specification of kind management.nvidia.com/gpu");
        assertThat(specification).doesNotExist();
    }

    @Test
    void aProgramThatIsNotThereIsNamedWithThePlaces() throws Exception {
        Files.delete(programs.resolve("nvidia-ctk"));

        assertThatThrownBy(toolkit(ROOT, Optional.of(ROOT))::generate)
                .hasMessageContaining("nvidia-ctk is not in [")
                .hasMessageContaining(programs.toString());
    }
}
