package io.migpool.deviceplugin.settings;

import io.migpool.runtime.log.LastReport;
import io.migpool.runtime.settings.SettingsReader;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.Config;

/** A duration that may be edited at run time: an invalid value is logged once, and the last good value stays. */
public final class LiveDuration implements Supplier<Duration> {

    private static final System.Logger LOG = System.getLogger(LiveDuration.class.getName());

    private final SettingsReader settings;
    private final String key;
    private volatile Duration last;
    private final LastReport lastProblem = new LastReport();

    /**
     * @throws IllegalArgumentException if the value is invalid; names the key, the value and what would be right
     */
    public LiveDuration(Config config, String key) {
        this.settings = new SettingsReader(config);
        this.key = key;
        this.last = settings.duration(key);
    }

    @Override
    public Duration get() {
        try {
            last = settings.duration(key);
            lastProblem.clear();
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage());
            if (lastProblem.changesTo(problem)) {
                LOG.log(Level.ERROR, "{0}; {1} stays in force", problem, last);
            }
        }
        return last;
    }
}
