package io.migpool.config;

import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** Configurations as an application gets them, built by Helidon. */
final class TestConfigs {

    private TestConfigs() {}

    /** With the sources that the service loader finds, beside these. */
    static Config discovered(ConfigSource... sources) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .addDiscoveredSources()
                .withSources(sources)
                .build();
    }

    /** With these sources alone. */
    static Config only(ConfigSource... sources) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(sources)
                .build();
    }

    /** A source as an operator's environment would be, though under the properties' own names. */
    static ConfigSource overrides(Map<String, String> properties) {
        return source("overrides", 300, properties);
    }

    /** A source as an application's own file. */
    static ConfigSource defaults(Map<String, String> properties) {
        return source("defaults", 100, properties);
    }

    /** A source of the highest rank that throws when keys with that prefix are asked for. */
    static ConfigSource failingOn(String prefix) {
        return new ConfigSource() {
            @Override
            public Set<String> getPropertyNames() {
                return Set.of();
            }

            @Override
            public @Nullable String getValue(String propertyName) {
                if (propertyName.startsWith(prefix)) {
                    throw new IllegalStateException("a source that fails on purpose");
                }
                return null;
            }

            @Override
            public String getName() {
                return "failing";
            }

            @Override
            public int getOrdinal() {
                return 500;
            }
        };
    }

    private static ConfigSource source(String name, int ordinal, Map<String, String> properties) {
        return new ConfigSource() {
            @Override
            public Set<String> getPropertyNames() {
                return properties.keySet();
            }

            @Override
            public @Nullable String getValue(String propertyName) {
                return properties.get(propertyName);
            }

            @Override
            public String getName() {
                return name;
            }

            @Override
            public int getOrdinal() {
                return ordinal;
            }
        };
    }
}
