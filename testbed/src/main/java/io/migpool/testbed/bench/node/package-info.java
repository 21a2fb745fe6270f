/** Measures the node agent: as part of a cluster, and as a process of its own. Only {@code bench} enters. */
@NullMarked
package io.migpool.testbed.bench.node;

import org.jspecify.annotations.NullMarked;
