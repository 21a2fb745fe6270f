package io.migpool.deviceplugin.settings;

import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * The part of the agent's configuration that may change while it runs.
 *
 * @param devices the pool's settings
 * @param nodes the settings of individual nodes
 * @param idleTtl how long an instance without a pod is kept for the next one; read at every sweep
 */
public record LiveAgentSettings(
        RememberedNames devices, LiveSettings<NodeSettings> nodes, Supplier<Duration> idleTtl) {}
