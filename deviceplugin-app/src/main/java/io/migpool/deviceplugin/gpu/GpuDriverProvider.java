package io.migpool.deviceplugin.gpu;

import org.eclipse.microprofile.config.Config;

/** Opens one kind of driver. Adapters are application-scoped beans of this type; configuration selects one by name. */
public interface GpuDriverProvider {

    /** Returns the value of {@code migpool.gpu.driver} that selects this adapter. */
    String name();

    /**
     * Opens the driver with the adapter's own settings.
     *
     * @throws GpuException if there is no such driver on this machine or it refuses
     * @throws IllegalArgumentException if a setting is malformed; the message names key, value and expected form
     */
    GpuDriver open(Config config) throws GpuException;
}
