package io.migpool.config;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.NearestKey;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * The environment variables that override keys of the documents. An entry of {@code nodeconfig} has the number
 * {@code N} here.
 *
 * @param keys variables of keys, by the document to which they belong
 */
record OverrideVariables(Map<DocumentKind, List<String>> keys) {

    /** The variables of this version. */
    static final OverrideVariables KNOWN = new OverrideVariables(Map.of(
            DocumentKind.DEVICE,
            Stream.concat(
                            DeviceKey.words().stream().map(word -> "nvidia." + word),
                            // The tables may also be at the top level.
                            Stream.of("knownMigGeometries", "migProfileAllowlist"))
                    .map(key -> variable(DocumentKind.DEVICE, key))
                    .toList(),
            DocumentKind.NODE,
            NodeSettingsBinder.KEYS.stream()
                    .map(key -> variable(DocumentKind.NODE, "nodeconfig.n." + key))
                    .toList()));

    private static final Pattern NUMBER_OF_AN_ENTRY = Pattern.compile("(?<=^NODE_CONFIG_NODECONFIG_)\\d+(?=_)");

    /** Returns a sentence about each variable that looks like an override but stands for no key, in order. */
    List<String> strays(Config config) {
        VariableNames names = VariableNames.in(config);
        return keys.entrySet().stream()
                .flatMap(document -> names.beginningWith(variable(document.getKey(), ""))
                        .filter(name -> document.getValue().stream().noneMatch(key -> isOrIsBelow(numbered(name), key)))
                        .map(name -> sentence(name, document.getKey(), document.getValue())))
                .sorted()
                .toList();
    }

    private static boolean isOrIsBelow(String name, String key) {
        return name.equals(key) || name.startsWith(key + "_");
    }

    private static String sentence(String name, DocumentKind document, List<String> keys) {
        Matcher number = NUMBER_OF_AN_ENTRY.matcher(name);
        String entry = number.find() ? number.group() : "N";
        return "the environment variable %s is ignored, %s has no such key%s"
                .formatted(
                        name,
                        document.key(),
                        NearestKey.to(numbered(name), keys)
                                .map(key -> "; did you mean "
                                        + key.replaceFirst("(?<=^NODE_CONFIG_NODECONFIG_)N(?=_)", entry) + "?")
                                .orElse(""));
    }

    private static String numbered(String name) {
        return NUMBER_OF_AN_ENTRY.matcher(name).replaceFirst("N");
    }

    private static String variable(DocumentKind document, String key) {
        return VariableNames.of(document.prefix() + "." + key);
    }
}
