/**
 * The admission chain: the server's own steps, policies and webhooks.
 *
 * <p>Entered through {@link io.migpool.testbed.apiserver.admission.Admission}.
 */
@NullMarked
package io.migpool.testbed.apiserver.admission;

import org.jspecify.annotations.NullMarked;
