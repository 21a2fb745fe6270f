/**
 * A stand-in for a node's kubelet and container runtime: it speaks the device plugin and PodResources protocols over
 * real unix sockets, resolves CDI files and moves pods through their phases, but runs no processes. It accesses the API
 * server only through the client passed in. Used only by the testbed's cluster and tests.
 *
 * <p>Devices are not aligned to NUMA nodes, as in a kubelet without a topology policy. Of kubelet's own checks those of host
 * ports and of taints {@code NoExecute} are left out.
 */
@NullMarked
package io.migpool.testbed.kubelet;

import org.jspecify.annotations.NullMarked;
