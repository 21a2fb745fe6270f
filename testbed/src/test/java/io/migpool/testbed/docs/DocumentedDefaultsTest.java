package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The defaults of the applications' settings, and what the reference says they are. */
class DocumentedDefaultsTest {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+):(.*)}");

    @ParameterizedTest
    @ValueSource(strings = {"extender-app", "admission-app", "deviceplugin-app"})
    void theReferenceHasTheDefaultsOfTheApplication(String application) {
        String reference = Repository.text(Repository.ROOT.resolve("docs/configuration.md"));
        Properties defaults = Repository.defaults(application);

        assertThat(defaults.stringPropertyNames())
                .filteredOn(key -> key.startsWith("migpool."))
                .hasSizeGreaterThan(10)
                .allSatisfy(key ->
                        assertThat(documented(reference, key)).as(key).startsWith(inWords(defaults.getProperty(key))));
    }

    private static String documented(String reference, String key) {
        return Pattern.compile("(?m)^\\| `" + Pattern.quote(key) + "` \\| ([^|]*) \\|")
                .matcher(reference)
                .results()
                .map((MatchResult row) -> row.group(1))
                .findFirst()
                .orElse("a row of " + key);
    }

    private static String inWords(String value) {
        Matcher variable = VARIABLE.matcher(value);
        if (variable.matches()) {
            String otherwise = variable.group(2);
            return "`" + variable.group(1) + "`" + (otherwise.isEmpty() ? "" : ", else `" + otherwise + "`");
        }
        return value.isEmpty() ? "empty" : "`" + value + "`";
    }
}
