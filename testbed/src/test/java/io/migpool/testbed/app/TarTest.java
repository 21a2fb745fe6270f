package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarTest {

    private static final int BLOCK = 512;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

    @Test
    void keepsNamesContentsTimesAndWhatMayBeExecuted() throws Exception {
        String deep = "a/".repeat(80) + "file";
        entry("bin/", '5', 0755, "");
        entry("bin/java", '0', 0755, "#!");
        entry("PaxHeader", 'x', 0644, "10 ctime=1\n%d path=%s\n".formatted(deep.length() + 10, deep));
        entry(deep.substring(0, 99), '0', 0644, "x".repeat(BLOCK));
        entry("last", '0', 0644, "y".repeat(BLOCK + 1));

        unpack();

        Path java = directory.resolve("bin/java");
        assertThat(java).hasContent("#!").isExecutable();
        assertThat(Files.getLastModifiedTime(java)).isEqualTo(FileTime.fromMillis(1000));
        assertThat(directory.resolve(deep)).hasContent("x".repeat(BLOCK));
        assertThat(Files.isExecutable(directory.resolve(deep))).isFalse();
        assertThat(directory.resolve("last")).hasContent("y".repeat(BLOCK + 1));
    }

    @Test
    void writesNothingOutsideOfItsDirectory() throws Exception {
        entry("ok/../../outside", '0', 0644, "content");

        assertThatThrownBy(this::unpack).isInstanceOf(IOException.class).hasMessageContaining("ok/../../outside");
        assertThat(directory.resolveSibling("outside")).doesNotExist();
    }

    @Test
    void refusesWhatItWouldUnpackWrong() throws Exception {
        entry("link", '2', 0777, "");

        assertThatThrownBy(this::unpack).isInstanceOf(IOException.class).hasMessageContaining("link");
    }

    @Test
    void noticesThatTheEndIsMissing() throws Exception {
        entry("file", '0', 0644, "content".repeat(BLOCK));
        byte[] all = tar.toByteArray();

        assertThatThrownBy(() ->
                        Tar.unpack(new ByteArrayInputStream(Arrays.copyOf(all, all.length - 2 * BLOCK)), directory))
                .isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> Tar.unpack(new ByteArrayInputStream(all), directory))
                .as("without the empty blocks that end it")
                .isInstanceOf(EOFException.class);
    }

    private void unpack() throws IOException {
        tar.writeBytes(new byte[2 * BLOCK]);
        Tar.unpack(new ByteArrayInputStream(tar.toByteArray()), directory);
    }

    private void entry(String name, char type, int mode, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "%07o".formatted(mode));
        put(header, 124, "%011o".formatted(bytes.length));
        put(header, 136, "%011o".formatted(1));
        put(header, 156, String.valueOf(type));
        tar.writeBytes(header);
        tar.writeBytes(bytes);
        tar.writeBytes(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
    }

    private static void put(byte[] header, int from, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, from, bytes.length);
    }
}
