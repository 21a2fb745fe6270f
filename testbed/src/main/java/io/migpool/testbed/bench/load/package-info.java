/** GPUs, the profiles that pods request, and generated clusters: the load that several benchmarks share. */
@NullMarked
package io.migpool.testbed.bench.load;

import org.jspecify.annotations.NullMarked;
