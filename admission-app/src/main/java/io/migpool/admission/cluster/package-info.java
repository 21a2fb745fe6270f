/** The pool as the API server shows it: GPUs that nodes have registered, and quotas. */
@NullMarked
package io.migpool.admission.cluster;

import org.jspecify.annotations.NullMarked;
