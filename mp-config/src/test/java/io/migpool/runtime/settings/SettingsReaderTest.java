package io.migpool.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.helidon.config.mp.MpConfigSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {

    private static SettingsReader reader(String value) {
        return new SettingsReader(ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(MpConfigSources.create(Map.of("key", value)))
                .build());
    }

    private static Object read(String kind, SettingsReader reader) {
        return switch (kind) {
            case "text" -> reader.text("key");
            case "path" -> reader.path("key");
            case "flag" -> reader.flag("key");
            case "choice" -> reader.choice("key", Map.of("b", 2, "a", 1));
            case "absolute" -> reader.absolutePath("key");
            case "absolutes" -> reader.absolutePaths("key");
            case "go" -> reader.goFlag("key");
            case "count" -> reader.count("key");
            case "duration" -> reader.duration("key");
            case "positive" -> reader.positiveDuration("key");
            default -> throw new IllegalArgumentException(kind);
        };
    }

    @Test
    void valuesAreStrippedAndRead() {
        assertThat(reader(" a b ").text("key")).isEqualTo("a b");
        assertThat(reader(" /a ").path("key")).isEqualTo(Path.of("/a"));
        assertThat(reader(" True ").flag("key")).isTrue();
        assertThat(reader("false").flag("key")).isFalse();
        assertThat(reader(" /a ").absolutePath("key")).isEqualTo(Path.of("/a"));
        assertThat(reader("/a , /b").absolutePaths("key")).containsExactly(Path.of("/a"), Path.of("/b"));
        assertThat(reader("B").choice("key", Map.of("b", 2, "a", 1))).isEqualTo(2);
        assertThat(reader("1").count("key")).isEqualTo(1);
        assertThat(reader("PT0S").duration("key")).isZero();
        assertThat(reader("P90D").positiveDuration("key")).isEqualTo(Duration.ofDays(90));
        assertThat(reader("PT0.01S").positiveDuration("key")).isEqualTo(Duration.ofMillis(10));
        assertThat(reader("a, b ,c").list("key")).containsExactly("a", "b", "c");
        assertThat(reader(" /a ").optionalPath("key")).contains(Path.of("/a"));
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            flag, yes, false or true
            flag, 1, false or true
            go, yes, 0 or 1 or f or false or t or true
            go, 10, 0 or 1 or f or false or t or true
            absolute, run/nvidia/driver, an absolute path
            absolutes, bin, "absolute paths, separated by commas"
            absolutes, "/usr/bin,bin", "absolute paths, separated by commas"
            absolutes, "/usr/bin,,/bin", "absolute paths, separated by commas"
            choice, c, a or b
            count, 0, a whole number above 0
            count, -1, a whole number above 0
            count, 1.5, a whole number above 0
            count, 99999999999, a whole number above 0
            duration, 5s, "an ISO 8601 duration of zero or more, such as PT10M or PT0.5S"
            duration, -PT1S, "an ISO 8601 duration of zero or more, such as PT10M or PT0.5S"
            positive, PT0S, "an ISO 8601 duration of at least PT0.01S, such as PT5S"
            positive, PT0.009S, "an ISO 8601 duration of at least PT0.01S, such as PT5S"
            positive, soon, "an ISO 8601 duration of at least PT0.01S, such as PT5S"
            """)
    void whatCannotBeUsedIsRefusedWithKeyValueAndWhatIsExpected(String kind, String value, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(kind, reader(value)))
                .withMessage("key is '%s'; expected %s", value, expected);
    }

    @ParameterizedTest
    @CsvSource({"text", "path", "absolute", "absolutes", "flag", "go", "choice", "count", "duration", "positive"})
    void anEmptyOrMissingValueIsRefused(String kind) {
        Stream<Function<String, SettingsReader>> ways = Stream.of(
                SettingsReaderTest::reader,
                _ -> new SettingsReader(
                        ConfigProviderResolver.instance().getBuilder().build()));
        assertThat(ways).allSatisfy(way -> assertThatIllegalArgumentException()
                .isThrownBy(() -> read(kind, way.apply(" ")))
                .withMessageStartingWith("key is ''; expected "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "t", "T", "TRUE", "true", "True"})
    void theWordsOfGoAreTrue(String word) {
        assertThat(reader(word).goFlag("key")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "f", "F", "FALSE", "false", "False"})
    void theWordsOfGoAreFalse(String word) {
        assertThat(reader(word).goFlag("key")).isFalse();
    }

    @Test
    void aKeyWithoutDefaultIsReadOnlyIfItIsSet() {
        SettingsReader empty = reader(" ");
        assertThat(empty.ifSet("key", empty::flag)).isEmpty();
        SettingsReader set = reader("true");
        assertThat(set.ifSet("key", set::flag)).contains(true);
    }

    @Test
    void whatIsOptionalMayBeEmpty() {
        assertThat(reader(" ").optionalText("key")).isEmpty();
        assertThat(reader("").optionalPath("key")).isEmpty();
        assertThat(reader("").list("key")).isEmpty();
    }
}
