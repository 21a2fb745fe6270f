/**
 * What there is: nodes, GPUs and boards, what pods have of them and what a pod demands, as immutable values. Every package
 * of the extender may use it; it decides nothing, depends on neither REST nor the API server, and reads no clock.
 */
@NullMarked
package io.migpool.extender.pool;

import org.jspecify.annotations.NullMarked;
