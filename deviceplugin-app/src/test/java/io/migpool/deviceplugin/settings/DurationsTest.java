package io.migpool.deviceplugin.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Durations that people write. */
class DurationsTest {

    private static final String KEY = AgentSettings.IDLE_TTL;
    private static final Duration DEFAULT = Duration.ofMinutes(10);

    @Test
    void whatIsEditedToNonsenseStaysAsItWas() {
        Map<String, String> values = new ConcurrentHashMap<>(Map.of(KEY, "PT30M"));
        LiveDuration live = new LiveDuration(AgentConfig.of(values), KEY);

        values.put(KEY, "30m");
        assertThat(live.get()).isEqualTo(Duration.ofMinutes(30));
        values.put(KEY, "PT20M");
        assertThat(live.get()).isEqualTo(Duration.ofMinutes(20));
        values.remove(KEY);
        assertThat(live.get()).isEqualTo(DEFAULT);
    }

    @Test
    void nonsenseFromTheBeginningIsRefused() {
        Config config = AgentConfig.of(Map.of(KEY, "30m"));

        assertThatThrownBy(() -> new LiveDuration(config, KEY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(KEY + " is '30m'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "migpool.instance.sweep-interval",
                "migpool.mig-manager.first-retry",
                "migpool.mig-manager.longest-retry",
                "migpool.usage.interval"
            })
    void nothingIsRepeatedWithoutAPause(String key) {
        Config config = AgentConfig.of(Map.of("migpool.node.name", "node-a", key, "PT0S"));

        assertThatThrownBy(() -> AgentSettings.of(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }
}
