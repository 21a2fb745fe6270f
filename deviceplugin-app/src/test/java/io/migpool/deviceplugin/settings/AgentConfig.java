package io.migpool.deviceplugin.settings;

import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** The agent's configuration with a test's values, which the test may go on editing, above the agent's defaults. */
public record AgentConfig(Map<String, String> values) implements ConfigSource {

    private static final int ABOVE_ALL_OTHERS = 1000;

    public static Config of(Map<String, String> values) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .addDefaultSources()
                .withSources(new AgentConfig(values))
                .build();
    }

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
        return "the test's";
    }

    @Override
    public int getOrdinal() {
        return ABOVE_ALL_OTHERS;
    }
}
