/**
 * The ConfigMaps as MicroProfile Config sources: read from the API server or from mounted directories, parsed with line
 * and column, flattened to properties. Only {@code io.migpool.config} uses its classes; applications get these sources
 * through the service loader of their configuration, and a {@link io.migpool.config.source.ConfigMapRef} where they
 * report Events.
 */
@NullMarked
package io.migpool.config.source;

import org.jspecify.annotations.NullMarked;
