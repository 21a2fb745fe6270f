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

    /** Returns a configuration with these sources and those that the service loader finds. */
    static Config discovered(ConfigSource... sources) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .addDiscoveredSources()
                .withSources(sources)
                .build();
    }

    /** Returns a configuration with these sources alone. */
    static Config only(ConfigSource... sources) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(sources)
                .build();
    }

    /** Returns a source with the rank of environment variables, but with the properties' own names. */
    static ConfigSource overrides(Map<String, String> properties) {
        return source("overrides", 300, properties);
    }

    /** Returns a source with the rank of an application's own file. */
    static ConfigSource defaults(Map<String, String> properties) {
        return source("jar:file:/app.jar!/META-INF/microprofile-config.properties", 100, properties);
    }

    /** Returns a source of the highest rank that throws for keys with this prefix. */
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
