/**
 * Typed, validated settings that follow the two ConfigMaps while the process runs; {@link io.migpool.config.PoolSettings}
 * is the door. Every app may use this package; it knows MicroProfile Config and the contracts, but neither CDI nor Helidon.
 */
@NullMarked
package io.migpool.config;

import org.jspecify.annotations.NullMarked;
