package io.migpool.deviceplugin.health;

import java.time.Duration;

/**
 * How the health of GPUs is judged.
 *
 * @param checks which errors count
 * @param quietTime how long an Xid must not come again before it is over, where the driver says that nothing has to be done
 */
public record HealthSettings(HealthChecks checks, Duration quietTime) {}
