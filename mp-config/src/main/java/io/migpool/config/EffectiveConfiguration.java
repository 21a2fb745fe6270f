package io.migpool.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The configuration in force: every key, its value, and where the value comes from. After an edit that was rejected it
 * still shows the settings in force.
 *
 * @param settings sorted by key
 * @param documents status of the latest version of each document, by its name
 */
public record EffectiveConfiguration(List<EffectiveSetting> settings, Map<String, SettingsStatus> documents) {

    private static final List<String> FAMILIES = List.of("migpool.", "server.", "metrics.", "health.");
    /** Where an application has its defaults. */
    static final String DEFAULTS = "META-INF/microprofile-config.properties";

    public EffectiveConfiguration {
        settings = List.copyOf(settings);
        documents = Map.copyOf(documents);
    }

    /**
     * Collects the configuration at this moment.
     *
     * @param config where applications look up their own settings
     * @param defaults those of what all applications share, by key
     * @param fromDocuments settings of the documents, including defaults
     * @param documents status of the documents
     */
    static EffectiveConfiguration of(
            Config config,
            Map<String, String> defaults,
            List<EffectiveSetting> fromDocuments,
            Map<String, SettingsStatus> documents) {
        Map<String, EffectiveSetting> all = new TreeMap<>();
        defaults.forEach((key, value) -> all.put(key, new EffectiveSetting(key, value, EffectiveSetting.DEFAULT)));
        for (String key : keys(config, defaults.keySet())) {
            ConfigValue value = config.getConfigValue(key);
            if (value.getValue() != null) {
                all.put(key, new EffectiveSetting(key, Secrets.masked(key, value.getValue()), source(value)));
            } else {
                all.putIfAbsent(key, new EffectiveSetting(key, "", EffectiveSetting.DEFAULT));
            }
        }
        fromDocuments.forEach(setting -> all.put(
                setting.key(),
                new EffectiveSetting(setting.key(), Secrets.masked(setting.key(), setting.value()), setting.source())));
        return new EffectiveConfiguration(List.copyOf(all.values()), documents);
    }

    /** Returns the name of the source; for a default of the application, the variables from which it is taken. */
    private static String source(ConfigValue value) {
        String name = String.valueOf(value.getSourceName());
        if (value.getSourceOrdinal() > ConfigSource.DEFAULT_ORDINAL || !name.endsWith(DEFAULTS)) {
            return name;
        }
        String raw = value.getRawValue();
        return raw.contains("${") ? EffectiveSetting.DEFAULT + " " + raw : EffectiveSetting.DEFAULT;
    }

    /**
     * Returns the keys that are set or have a default. An environment variable that stands for one of them is shown
     * under that key only.
     */
    private static Set<String> keys(Config config, Set<String> defaults) {
        Set<String> keys = new TreeSet<>(defaults);
        Set<String> variables = new TreeSet<>();
        for (ConfigSource source : config.getConfigSources()) {
            for (String name : source.getPropertyNames()) {
                if (FAMILIES.stream().anyMatch(name::startsWith)) {
                    keys.add(name);
                } else if (FAMILIES.stream().anyMatch(family -> name.startsWith(VariableNames.of(family)))) {
                    variables.add(name);
                }
            }
        }
        keys.stream().map(VariableNames::of).forEach(variables::remove);
        keys.addAll(variables);
        return keys;
    }

    /**
     * Returns the configuration as maps, lists and strings, for any JSON writer:
     * {@code {"settings": [{key, value, source}], "documents": [{document, from, state, since, problems, warnings}]}}.
     */
    public Map<String, Object> describe() {
        return Map.of(
                "settings",
                settings.stream().map(EffectiveConfiguration::describe).toList(),
                "documents",
                new TreeMap<>(documents)
                        .entrySet().stream()
                                .map(document -> describe(document.getKey(), document.getValue()))
                                .toList());
    }

    private static Map<String, Object> describe(EffectiveSetting setting) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("key", setting.key());
        described.put("value", setting.value());
        described.put("source", setting.source());
        return described;
    }

    private static Map<String, Object> describe(String document, SettingsStatus status) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("document", document);
        described.put("from", status.document().map(Object::toString).orElse(""));
        described.put("state", status.state().name());
        described.put("since", status.since().toString());
        described.put("problems", status.problems());
        described.put("warnings", status.warnings());
        return described;
    }
}
