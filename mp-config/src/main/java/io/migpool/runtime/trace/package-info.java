/**
 * The paths of individual pods as OpenTelemetry traces, if a receiver is configured. Without one, nothing of
 * OpenTelemetry is loaded.
 */
@NullMarked
package io.migpool.runtime.trace;

import org.jspecify.annotations.NullMarked;
