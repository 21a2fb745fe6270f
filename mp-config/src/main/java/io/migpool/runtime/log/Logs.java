package io.migpool.runtime.log;

import io.migpool.runtime.settings.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Configures the logging of this process. Without these settings it stays as the JVM has it. */
public final class Logs {

    private static final String FORMAT = "migpool.log.format";
    private static final String LEVEL = "migpool.log.level";
    private static final List<String> LEVELS = List.of("SEVERE", "WARNING", "INFO", "FINE", "FINER");
    /** Kept in a field, because the log manager holds loggers weakly and would lose the level. */
    private static final Logger OWN = Logger.getLogger("io.migpool");
    /** Keeps Helidon from configuring logging a second time. */
    private static final String HELIDON_KEEPS_OUT = "io.helidon.logging.config.disabled";

    private final LogManager manager;

    /** Returns the defaults, by key. */
    public static Map<String, String> defaults() {
        return Map.of(FORMAT, "text", LEVEL, "INFO");
    }

    Logs(LogManager manager) {
        this.manager = manager;
    }

    /**
     * Applies the configuration of this process to its logging. Call this before anything else starts.
     *
     * @throws IllegalArgumentException if a setting is invalid; names the setting, its value and what would be right
     */
    public static void configure() {
        new Logs(LogManager.getLogManager()).apply(ConfigProvider.getConfig());
    }

    /**
     * Reads {@code migpool.log.format} ({@code text} or {@code json}) and {@code migpool.log.level} (a level of
     * {@link java.util.logging.Level}, for MigPool's own lines) and applies them.
     */
    void apply(Config config) {
        config.getOptionalValue(FORMAT, String.class).ifPresent(format -> {
            switch (format) {
                case "text" -> {}
                case "json" -> writeJson();
                default -> throw SettingsReader.refusal(FORMAT, format, "text or json");
            }
        });
        config.getOptionalValue(LEVEL, String.class).ifPresent(this::setLevel);
    }

    private void writeJson() {
        System.setProperty(HELIDON_KEEPS_OUT, "true");
        for (Handler handler : manager.getLogger("").getHandlers()) {
            handler.setFormatter(new JsonLines());
        }
    }

    private void setLevel(String level) {
        if (!LEVELS.contains(level)) {
            throw SettingsReader.refusal(LEVEL, level, "one of " + LEVELS);
        }
        System.setProperty(HELIDON_KEEPS_OUT, "true");
        OWN.setLevel(Level.parse(level));
        for (Handler handler : manager.getLogger("").getHandlers()) {
            handler.setLevel(Level.ALL);
        }
    }
}
