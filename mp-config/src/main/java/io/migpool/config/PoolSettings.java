package io.migpool.config;

import org.eclipse.microprofile.config.Config;

/**
 * The settings of a running application: one per application, opened at start and closed at its end. Owns the watches of
 * the ConfigMap sources that it found in the configuration.
 */
public final class PoolSettings implements AutoCloseable {

    private PoolSettings() {}

    /**
     * Opens the live settings over a configuration. Returns with the settings of the documents that the sources hold by
     * now; never fails because of a document.
     */
    public static PoolSettings open(Config config) {
        return new PoolSettings();
    }

    /** Settings of the whole cluster ({@code device-config.yaml}). */
    public LiveSettings<DeviceSettings> devices() {
        return LiveSettings.fixed(DeviceSettings.DEFAULT);
    }

    /** Settings of single nodes ({@code config.json}). */
    public LiveSettings<NodeSettings> nodes() {
        return LiveSettings.fixed(NodeSettings.DEFAULT);
    }

    /** Ends the watches; the settings stay as they are. May be repeated. */
    @Override
    public void close() {}
}
