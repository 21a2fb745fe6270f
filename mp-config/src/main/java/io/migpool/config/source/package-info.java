/**
 * The ConfigMaps as MicroProfile Config sources: read from the API server or from mounted directories, parsed with line
 * and column, laid out as properties. Only {@code io.migpool.config} looks inside; apps meet these sources through the
 * service loader of their configuration, and a {@link io.migpool.config.source.ConfigMapRef} where they raise Events.
 */
@NullMarked
package io.migpool.config.source;

import org.jspecify.annotations.NullMarked;
