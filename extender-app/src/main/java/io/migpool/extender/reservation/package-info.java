/**
 * Allocation of GPUs while pods are scheduled: holds between filter and bind, the verbs of the scheduler extender, and the one
 * Binding that commits a plan. {@code api}, {@code observe} and the wiring may use it; the API server is behind a port.
 */
@NullMarked
package io.migpool.extender.reservation;

import org.jspecify.annotations.NullMarked;
