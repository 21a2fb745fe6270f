package io.migpool.deviceplugin.settings;

import io.migpool.config.LiveSettings;
import io.migpool.config.NodeSettings;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What may change in the agent's configuration while it runs.
 *
 * @param devices the pool's settings
 * @param nodes which GPUs of which node serve how
 * @param idleTtl how long an instance without a pod is kept for the next one; asked at every sweep
 */
public record LiveAgentSettings(
        RememberedNames devices, LiveSettings<NodeSettings> nodes, Supplier<Duration> idleTtl) {}
