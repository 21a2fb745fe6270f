/** GPUs, the slices that pods ask for, and generated clusters: the load that several benchmarks put on what they measure. */
@NullMarked
package io.migpool.testbed.bench.load;

import org.jspecify.annotations.NullMarked;
