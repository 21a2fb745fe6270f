/**
 * Benchmarks of the scheduler extender: its verbs in this process and over HTTP, its metrics, and the placement
 * decision alone.
 */
@NullMarked
package io.migpool.testbed.bench.extender;

import org.jspecify.annotations.NullMarked;
