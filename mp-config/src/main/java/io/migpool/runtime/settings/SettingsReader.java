package io.migpool.runtime.settings;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.Config;

/**
 * Reads an application's own settings. It knows no defaults: they are in the application's
 * {@code META-INF/microprofile-config.properties}. Whatever cannot be used is refused with an
 * {@link IllegalArgumentException} that names the key, the value and what was expected; so is an empty value, unless
 * the method returns an {@link Optional} or a list.
 */
public record SettingsReader(Config config) {

    /** Shorter ones are mistakes: of the unit, or a 0 for never. */
    private static final Duration SHORTEST = Duration.ofMillis(10);

    /** Returns a text, stripped; empty if there is none. */
    public Optional<String> optionalText(String key) {
        return config.getOptionalValue(key, String.class).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Reads a key that may be unset or empty with one of the methods below, if it is set. */
    public <T> Optional<T> ifSet(String key, Function<String, T> read) {
        return optionalText(key).map(set -> read.apply(key));
    }

    /** Returns a text, stripped. */
    public String text(String key) {
        return read(key, "some text", value -> value);
    }

    /** Returns the texts between commas, stripped; none if the value is empty. */
    public List<String> list(String key) {
        return optionalText(key).map(SettingsReader::split).orElse(List.of());
    }

    private static List<String> split(String value) {
        return Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    }

    /** Returns a path; empty if there is none. */
    public Optional<Path> optionalPath(String key) {
        return optionalText(key).map(Path::of);
    }

    /** Returns a path. */
    public Path path(String key) {
        return read(key, "a path", Path::of);
    }

    /** Returns a path from the root. */
    public Path absolutePath(String key) {
        return read(key, "an absolute path", SettingsReader::absolute);
    }

    /** Returns paths from the root, written with commas between them; at least one. */
    public List<Path> absolutePaths(String key) {
        return read(key, "absolute paths, separated by commas", value -> split(value).stream()
                .map(SettingsReader::absolute)
                .toList());
    }

    private static Path absolute(String value) {
        Path path = Path.of(value);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("relative");
        }
        return path;
    }

    /** Returns whether something is so: {@code true} or {@code false}. */
    public boolean flag(String key) {
        return choice(key, Map.of("true", true, "false", false));
    }

    /** Returns whether something is so, also in the short words that programs in Go take for it. */
    public boolean goFlag(String key) {
        return choice(key, Map.of("true", true, "t", true, "1", true, "false", false, "f", false, "0", false));
    }

    /** Returns what a name stands for, in upper or lower case. */
    public <T> T choice(String key, Map<String, T> choices) {
        String names = choices.keySet().stream().sorted().collect(Collectors.joining(" or "));
        return read(key, names, value -> {
            T chosen = choices.get(value.toLowerCase(Locale.ROOT));
            if (chosen == null) {
                throw new IllegalArgumentException("none of the choices");
            }
            return chosen;
        });
    }

    /** Returns a whole number above 0. */
    public int count(String key) {
        return read(key, "a whole number above 0", value -> {
            int count = Integer.parseInt(value);
            if (count <= 0) {
                throw new IllegalArgumentException("too small");
            }
            return count;
        });
    }

    /** Returns a duration of zero or more. */
    public Duration duration(String key) {
        return read(
                key,
                "an ISO 8601 duration of zero or more, such as PT10M or PT0.5S",
                value -> atLeast(Duration.ZERO, value));
    }

    /** Returns a duration of 10 ms or more: the pause of something that is repeated, or the limit of something. */
    public Duration positiveDuration(String key) {
        return read(
                key,
                "an ISO 8601 duration of at least %s, such as PT5S".formatted(SHORTEST),
                value -> atLeast(SHORTEST, value));
    }

    private static Duration atLeast(Duration least, String value) {
        Duration duration = Duration.parse(value);
        if (duration.compareTo(least) < 0) {
            throw new IllegalArgumentException("too short");
        }
        return duration;
    }

    private <T> T read(String key, String expected, Function<String, T> parser) {
        String value = optionalText(key).orElse("");
        if (value.isEmpty()) {
            throw refusal(key, value, expected);
        }
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException | DateTimeException e) {
            IllegalArgumentException refusal = refusal(key, value, expected);
            refusal.initCause(e);
            throw refusal;
        }
    }

    /** Returns the refusal of a value, with the sentence that all refusals share. */
    public static IllegalArgumentException refusal(String key, String value, String expected) {
        return new IllegalArgumentException("%s is '%s'; expected %s".formatted(key, value, expected));
    }
}
