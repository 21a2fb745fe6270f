/**
 * Typed, validated settings that follow the two ConfigMaps while the process runs;
 * {@link io.migpool.config.PoolSettings} is the entry point. Every application may use this package; it depends on
 * MicroProfile Config and the contracts, but neither on CDI nor on Helidon.
 */
@NullMarked
package io.migpool.config;

import org.jspecify.annotations.NullMarked;
