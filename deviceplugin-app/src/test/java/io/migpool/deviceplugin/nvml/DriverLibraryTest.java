package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverLibraryTest {

    @TempDir
    private Path root;

    private Path library(String directory) throws IOException {
        Path file = Files.createDirectories(root.resolve(directory)).resolve("libnvidia-ml.so.1");
        return Files.writeString(file, "no library").toRealPath();
    }

    @Test
    void theRootOfTheMachineIsSearchedByNameFirst() {
        assertThat(DriverLibrary.candidates(List.of(Path.of("/"))).getFirst()).isEqualTo("libnvidia-ml.so.1");
    }

    @Test
    void anotherRootIsSearchedByPathOnly() throws IOException {
        Path found = library("usr/lib/x86_64-linux-gnu");
        assertThat(DriverLibrary.candidates(List.of(root))).containsExactly(found.toString());
    }

    @Test
    void directoriesAndRootsAreSearchedInOrder() throws IOException {
        Path lib64 = library("b/usr/lib64");
        Path debian = library("b/usr/lib/aarch64-linux-gnu");
        Path other = library("a/lib64");
        assertThat(DriverLibrary.candidates(List.of(root.resolve("b"), root.resolve("a"))))
                .containsExactly(lib64.toString(), debian.toString(), other.toString());
    }

    @Test
    void linksToOneFileAreTriedOnce() throws IOException {
        Path file = library("usr/lib64");
        Path link = Files.createDirectories(root.resolve("lib64")).resolve("libnvidia-ml.so.1");
        Files.createSymbolicLink(link, file);
        assertThat(DriverLibrary.candidates(List.of(root))).containsExactly(file.toString());
    }

    @Test
    void whatCannotBeLoadedIsNamedWithItsFault() throws IOException {
        Path found = library("usr/lib64");
        assertThatExceptionOfType(DriverLibrary.NotFoundException.class)
                .isThrownBy(() -> DriverLibrary.load(List.of(root)))
                .withMessageContaining("libnvidia-ml.so.1 cannot be loaded from the driver roots [" + root + "]")
                .withMessageContaining(found.toString());
    }

    @Test
    void anEmptyRootHasNothing() {
        assertThatExceptionOfType(DriverLibrary.NotFoundException.class)
                .isThrownBy(() -> DriverLibrary.load(List.of(root)))
                .withMessage("libnvidia-ml.so.1 cannot be loaded from the driver roots [" + root + "]");
    }
}
