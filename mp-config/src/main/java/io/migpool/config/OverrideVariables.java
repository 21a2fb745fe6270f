package io.migpool.config;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.NearestKey;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * The environment variables that override keys of the documents. An entry of {@code nodeconfig} has the number {@code N}
 * here.
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

    /** What kubelet sets for a Service, after its name. */
    private static final Pattern OF_A_SERVICE =
            Pattern.compile(".*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    /** Returns a sentence about each variable that looks like an override but stands for no key, in order. */
    List<String> strays(Config config) {
        TreeSet<String> names = new TreeSet<>();
        config.getConfigSources().forEach(source -> names.addAll(source.getPropertyNames()));
        return names.stream()
                .filter(name -> !OF_A_SERVICE.matcher(name).matches())
                .flatMap(name -> keys.entrySet().stream()
                        .filter(document -> name.startsWith(variable(document.getKey(), "")))
                        .filter(document ->
                                document.getValue().stream().noneMatch(key -> isOrIsBelow(numbered(name), key)))
                        .map(document -> sentence(name, document.getKey(), document.getValue())))
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
        return (document.prefix() + "." + key).replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
