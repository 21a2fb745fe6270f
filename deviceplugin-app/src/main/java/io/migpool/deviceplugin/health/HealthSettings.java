package io.migpool.deviceplugin.health;

import java.time.Duration;

/**
 * Settings for GPU health.
 *
 * @param checks which errors count
 * @param quietTime time without another Xid after which an Xid is over, if the driver asks for no repair
 */
public record HealthSettings(HealthChecks checks, Duration quietTime) {}
