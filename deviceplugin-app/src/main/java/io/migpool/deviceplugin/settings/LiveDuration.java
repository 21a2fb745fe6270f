package io.migpool.deviceplugin.settings;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.Config;

/** A duration that may be edited at run time: an invalid value is logged once, and the last good value stays. */
public final class LiveDuration implements Supplier<Duration> {

    private static final System.Logger LOG = System.getLogger(LiveDuration.class.getName());

    private final Config config;
    private final String key;
    private final Duration otherwise;
    private volatile Duration last;
    private volatile String told = "";

    /**
     * @param otherwise the default
     * @throws IllegalArgumentException if the value is invalid; names the key, the value and what would be right
     */
    public LiveDuration(Config config, String key, Duration otherwise) {
        this.config = config;
        this.key = key;
        this.last = AgentSettings.duration(config, key, otherwise);
        this.otherwise = otherwise;
    }

    @Override
    public Duration get() {
        try {
            last = AgentSettings.duration(config, key, otherwise);
            told = "";
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage());
            if (!problem.equals(told)) {
                told = problem;
                LOG.log(Level.ERROR, "{0}; {1} stays in force", problem, last);
            }
        }
        return last;
    }
}
