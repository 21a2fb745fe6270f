package io.migpool.deviceplugin.gpu;

import io.migpool.runtime.settings.SettingsReader;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.lang.System.Logger.Level;
import java.util.List;
import org.eclipse.microprofile.config.Config;

/**
 * Provides the driver that {@code migpool.gpu.driver} names for injection; opened on first use, closed at shutdown. If
 * it is not there, it is awaited, unless configuration makes that an error.
 */
@Dependent
public class ConfiguredGpuDriver {

    static final String DRIVER_KEY = "migpool.gpu.driver";
    static final String FAIL_WITHOUT_DRIVER_KEY = "migpool.gpu.fail-without-driver";

    private static final System.Logger LOG = System.getLogger(ConfiguredGpuDriver.class.getName());

    private final Config config;
    private final Instance<GpuDriverProvider> providers;

    @Inject
    ConfiguredGpuDriver(Config config, @Any Instance<GpuDriverProvider> providers) {
        this.config = config;
        this.providers = providers;
    }

    @Produces
    @ApplicationScoped
    GpuDriver open() throws GpuException {
        AwaitedGpuDriver driver =
                new AwaitedGpuDriver(() -> open(config, providers.stream().toList()));
        try {
            driver.lookForMore();
        } catch (GpuException e) {
            if (new SettingsReader(config).flag(FAIL_WITHOUT_DRIVER_KEY)) {
                throw e;
            }
            LOG.log(Level.WARNING, "no GPU driver; this node offers no GPUs until one is found", e);
        }
        return driver;
    }

    /**
     * Opens the provider that {@code migpool.gpu.driver} names, for callers without CDI.
     *
     * @throws GpuException if there is no such driver on this machine or it refuses
     * @throws IllegalArgumentException if the key names none of them, or a setting of the provider is malformed
     */
    public static GpuDriver open(Config config, List<GpuDriverProvider> providers) throws GpuException {
        GpuDriverProvider provider = choose(config, providers);
        GpuDriver driver = provider.open(config);
        LOG.log(Level.DEBUG, "GPU driver {0} is open", provider.name());
        return driver;
    }

    /** Chooses real GPUs unless configuration says otherwise, so that simulated ones are never used by accident. */
    static GpuDriverProvider choose(Config config, List<GpuDriverProvider> providers) {
        String wanted = new SettingsReader(config).text(DRIVER_KEY);
        List<String> known =
                providers.stream().map(GpuDriverProvider::name).sorted().toList();
        return providers.stream()
                .filter(p -> p.name().equals(wanted))
                .findFirst()
                .orElseThrow(() -> SettingsReader.refusal(DRIVER_KEY, wanted, "one of " + known));
    }

    void close(@Disposes GpuDriver driver) {
        driver.close();
    }
}
