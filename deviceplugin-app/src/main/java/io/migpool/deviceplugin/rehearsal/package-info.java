/**
 * Simulates a container start before kubelet can request one, so that the first real one finds a warm JVM. It runs
 * everything that a start uses, on GPUs, a kubelet and a cluster that do not exist.
 */
@NullMarked
package io.migpool.deviceplugin.rehearsal;

import org.jspecify.annotations.NullMarked;
