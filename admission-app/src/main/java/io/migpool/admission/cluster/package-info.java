/**
 * The pool as the API server shows it: GPUs that nodes have registered, and quotas. Only the root package uses it, for each
 * review.
 */
@NullMarked
package io.migpool.admission.cluster;

import org.jspecify.annotations.NullMarked;
