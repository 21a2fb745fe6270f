/**
 * The way of single pods as OpenTelemetry traces, if configuration names a receiver. Without one nothing of OpenTelemetry is
 * loaded.
 */
@NullMarked
package io.migpool.runtime.trace;

import org.jspecify.annotations.NullMarked;
