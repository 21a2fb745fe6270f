/**
 * Benchmarks and their entry point, {@code Bench}, which selects one by name. Nothing else may depend on them; what
 * they share is in {@code load}, and none of them uses another.
 */
@NullMarked
package io.migpool.testbed.bench;

import org.jspecify.annotations.NullMarked;
