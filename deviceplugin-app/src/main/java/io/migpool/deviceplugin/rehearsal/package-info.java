/**
 * A container start that is played through before kubelet can ask for one, so that the first real one finds a warm JVM. Only
 * the wiring enters; it uses everything that a start uses, on GPUs, a kubelet and a cluster that do not exist.
 */
@NullMarked
package io.migpool.deviceplugin.rehearsal;

import org.jspecify.annotations.NullMarked;
