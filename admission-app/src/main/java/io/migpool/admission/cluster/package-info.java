/**
 * What the API server tells about the pool: GPUs that nodes have registered, and quotas. {@code api} asks for it when a
 * pod is reviewed; nobody else enters.
 */
@NullMarked
package io.migpool.admission.cluster;

import org.jspecify.annotations.NullMarked;
