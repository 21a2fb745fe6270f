/**
 * The admission chain: the server's own steps, policies and webhooks.
 *
 * <p>{@link io.migpool.testbed.apiserver.admission.Admission} is the entry point.
 */
@NullMarked
package io.migpool.testbed.apiserver.admission;

import org.jspecify.annotations.NullMarked;
