/**
 * Allocation of GPUs while pods are scheduled: holds between filter and bind, the verbs of the scheduler extender, and the one
 * Binding that commits a plan. The API server is behind ports.
 */
@NullMarked
package io.migpool.extender.reservation;

import org.jspecify.annotations.NullMarked;
