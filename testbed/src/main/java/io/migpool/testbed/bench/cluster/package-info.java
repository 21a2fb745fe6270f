/**
 * The benchmark of the embedded cluster: how long it takes to start, and to start many pods, with the real applications
 * between the stand-ins. Nothing else may depend on it.
 */
@NullMarked
package io.migpool.testbed.bench.cluster;

import org.jspecify.annotations.NullMarked;
