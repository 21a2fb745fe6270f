/**
 * Who has what while a pod is on its way: holds between filter and bind, the verbs of the scheduler extender, and the one
 * Binding that commits a plan. Only {@code api} and {@code observe} call it; the API server is behind a port.
 */
@NullMarked
package io.migpool.extender.reservation;

import org.jspecify.annotations.NullMarked;
