/** Measures the node agent: as part of a cluster, and as a separate process. Used only by {@code bench}. */
@NullMarked
package io.migpool.testbed.bench.node;

import org.jspecify.annotations.NullMarked;
