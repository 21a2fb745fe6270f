package io.migpool.runtime.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RememberedFileTest {

    private record Limits(String name, int count, boolean strict) {}

    @TempDir
    private Path directory;

    private Path path;

    @BeforeEach
    void nameFile() {
        path = directory.resolve("state").resolve("limits.json");
    }

    @Test
    void whatWasSavedLastIsFoundAtTheNextStart() {
        file().save(new Limits("a", 1, true));
        file().save(new Limits("b", 2, false));

        assertThat(file().load()).contains(new Limits("b", 2, false));
        assertThat(path).hasContent("{\"version\":1,\"value\":{\"name\":\"b\",\"count\":2,\"strict\":false}}");
    }

    @Test
    void nothingWasSavedYet() {
        assertThat(file().load()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{\"version\":1,\"value\":null}",
                "{\"version\":1,\"value\":{\"name\":\"b\",\"count\":2}}",
                "{\"version\":1,\"value\":{\"name\":null,\"count\":2,\"strict\":false}}",
                "{\"version\":1,\"value\":{\"name\":\"b\",\"count\":2,\"strict\":false,\"more\":1}}",
                "{\"version\":1,\"value\":{\"name\":\"b\",\"count\":2,\"strict\":false}",
                "{\"version\":2,\"value\":{\"name\":\"b\",\"count\":2,\"strict\":false}}",
                "{\"name\":\"b\",\"count\":2,\"strict\":false}"
            })
    void whatIsDamagedOrOfAnotherFormCountsAsMissing(String content) throws IOException {
        Files.createDirectories(directory.resolve("state"));
        Files.writeString(path, content);

        assertThat(file().load()).isEmpty();
    }

    @Test
    void aValueThatCannotBeSavedIsOnlyMissingAtTheNextStart() throws IOException {
        Files.createDirectories(path.resolveSibling("limits.json.tmp"));

        file().save(new Limits("a", 1, true));

        assertThat(file().load()).isEmpty();
    }

    private RememberedFile<Limits> file() {
        return new RememberedFile<>(path, Limits.class, "the defaults apply");
    }
}
