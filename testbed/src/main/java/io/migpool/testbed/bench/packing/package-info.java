/**
 * The benchmark of placement rules: the same arrivals for each rule, on GPUs without a cluster around them. It uses the
 * extender's placement code as it is.
 */
@NullMarked
package io.migpool.testbed.bench.packing;

import org.jspecify.annotations.NullMarked;
