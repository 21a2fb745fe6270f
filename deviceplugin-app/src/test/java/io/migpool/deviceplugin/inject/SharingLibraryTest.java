package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the files that HAMi or an administrator left on the host is taken. */
class SharingLibraryTest {

    @TempDir
    Path host;

    @ParameterizedTest
    @CsvSource({
        "libvgpu.so, libvgpu.so",
        "libvgpu.so.v2.9.0, libvgpu.so.v2.9.0",
        "libvgpu.so.v2.9.0 libvgpu.so.v2.10.0, libvgpu.so.v2.10.0",
        "libvgpu.so.v2.10.0 libvgpu.so.v2.9.0, libvgpu.so.v2.10.0",
        "libvgpu.so.2.5.1 libvgpu.so.v2.5.0, libvgpu.so.2.5.1",
        "libvgpu.so.v2.9.0-rc1 libvgpu.so.v2.9.0, libvgpu.so.v2.9.0",
        "libvgpu.so.v2.9.0-rc1 libvgpu.so.v2.8.1, libvgpu.so.v2.9.0-rc1",
        "libvgpu.so libvgpu.so.v2.6.0, libvgpu.so.v2.6.0",
        "libvgpu.so libvgpu.so.bak libvgpu.so.master, libvgpu.so",
        "libvgpu.so. libvgpu.so.v, libvgpu.so",
        "ld.so.preload, libvgpu.so",
    })
    void theNewestReleaseElseTheOneWithoutVersion(String present, String taken) throws IOException {
        for (String name : present.split(" ", -1)) {
            Files.writeString(host.resolve(name), "");
        }

        assertThat(SharingLibrary.in(host)).isEqualTo(host.resolve(taken));
    }

    @Test
    void aDirectoryIsNoLibrary() throws IOException {
        Files.createDirectory(host.resolve("libvgpu.so.v9.9.9"));
        Files.writeString(host.resolve("libvgpu.so.v2.9.0"), "");

        assertThat(SharingLibrary.in(host)).isEqualTo(host.resolve("libvgpu.so.v2.9.0"));
    }

    @Test
    void whereNothingIsTheNameToInstallIsTold() {
        assertThat(SharingLibrary.in(host.resolve("absent"))).isEqualTo(host.resolve("absent/libvgpu.so"));
    }
}
