package io.migpool.deviceplugin.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Durations that people write. */
class DurationsTest {

    private static final Duration DEFAULT = Duration.ofMinutes(10);

    @Test
    void whatIsEditedToNonsenseStaysAsItWas() {
        Map<String, String> values = new ConcurrentHashMap<>(Map.of("ttl", "PT30M"));
        LiveDuration live = new LiveDuration(config(values), "ttl", DEFAULT);

        values.put("ttl", "30m");
        assertThat(live.get()).isEqualTo(Duration.ofMinutes(30));
        values.put("ttl", "PT20M");
        assertThat(live.get()).isEqualTo(Duration.ofMinutes(20));
        values.remove("ttl");
        assertThat(live.get()).isEqualTo(DEFAULT);
    }

    @Test
    void nonsenseFromTheBeginningIsRefused() {
        Config config = config(Map.of("ttl", "30m"));

        assertThatThrownBy(() -> new LiveDuration(config, "ttl", DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ttl is '30m'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "migpool.instance.sweep-interval",
                "migpool.mig-manager.first-retry",
                "migpool.mig-manager.longest-retry"
            })
    void nothingIsRepeatedWithoutAPause(String key) {
        Config config = config(Map.of("migpool.node.name", "node-a", key, "PT0S"));

        assertThatThrownBy(() -> AgentSettings.of(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }

    static Config config(Map<String, String> values) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(new ConfigSource() {
                    @Override
                    public Set<String> getPropertyNames() {
                        return values.keySet();
                    }

                    @Override
                    public @Nullable String getValue(String name) {
                        return values.get(name);
                    }

                    @Override
                    public String getName() {
                        return "edited";
                    }
                })
                .build();
    }
}
