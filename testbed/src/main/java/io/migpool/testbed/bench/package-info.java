/**
 * Benchmarks and their entry point, {@code Bench}, which picks one by name. Nothing else may depend on it; what the benchmarks
 * share is in {@code load}, and none of them uses another.
 */
@NullMarked
package io.migpool.testbed.bench;

import org.jspecify.annotations.NullMarked;
