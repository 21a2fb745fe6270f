package io.migpool.runtime.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AtomicFileTest {

    @TempDir
    private Path directory;

    /** Both ways to write. */
    enum Way {
        FAST {
            @Override
            void write(AtomicFile file, byte[] content) throws IOException {
                file.write(content);
            }
        },
        DURABLE {
            @Override
            void write(AtomicFile file, byte[] content) throws IOException {
                file.writeDurably(content);
            }
        };

        abstract void write(AtomicFile file, byte[] content) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aReaderFindsTheOldOrTheNewContentAndNothingElse(Way way) throws Exception {
        Path path = directory.resolve("file.json");
        AtomicFile file = new AtomicFile(path);
        way.write(file, bytes(0));
        AtomicBoolean written = new AtomicBoolean();
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
            while (!written.get()) {
                try {
                    byte[] content = Files.readAllBytes(path);
                    assertThat(content).isEqualTo(bytes(content[0]));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
        try {
            for (int i = 0; i < 100; i++) {
                way.write(file, bytes(i));
            }
        } finally {
            written.set(true);
        }
        reading.join();
        assertThat(path).hasBinaryContent(bytes(99));
        assertThat(names()).containsExactly("file.json");
    }

    @ParameterizedTest
    @EnumSource
    void missingDirectoriesAreCreatedAndADraftOfACrashIsReplaced(Way way) throws IOException {
        Path path = directory.resolve("a").resolve("b").resolve("file.json");
        way.write(new AtomicFile(path), bytes(1));
        Files.write(path.resolveSibling("file.json.tmp"), new byte[100_000]);

        way.write(new AtomicFile(path), bytes(2));

        assertThat(path).hasBinaryContent(bytes(2));
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeWrittenLeavesTheOldContent(Way way) throws IOException {
        Path path = directory.resolve("file.json");
        AtomicFile file = new AtomicFile(path);
        way.write(file, bytes(1));
        Files.createDirectory(directory.resolve("file.json.tmp"));

        assertThatThrownBy(() -> way.write(file, bytes(2))).isInstanceOf(IOException.class);

        assertThat(path).hasBinaryContent(bytes(1));
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptDoesNotDisturbAWrite(Way way) throws IOException {
        Path path = directory.resolve("file.json");
        Thread.currentThread().interrupt();
        try {
            way.write(new AtomicFile(path), bytes(1));
        } finally {
            assertThat(Thread.interrupted()).as("stays interrupted").isTrue();
        }
        assertThat(path).hasBinaryContent(bytes(1));
    }

    private static byte[] bytes(int value) {
        byte[] bytes = new byte[50_000 + value];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
