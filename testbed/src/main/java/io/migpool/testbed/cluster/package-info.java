/**
 * The embedded cluster: an API server, a scheduler and kubelets, simulated GPUs, and the real applications between
 * them. The entry point of the demo, the end-to-end tests and the benchmarks.
 */
@NullMarked
package io.migpool.testbed.cluster;

import org.jspecify.annotations.NullMarked;
