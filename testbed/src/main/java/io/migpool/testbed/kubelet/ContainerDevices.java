package io.migpool.testbed.kubelet;

import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The devices of one resource that a container has.
 *
 * @param podUid uid of the container's pod
 * @param container name of the container
 * @param resource name of the resource
 * @param numaNodes the ids with their NUMA nodes, -1 for none
 * @param answer the plugin's answer to Allocate
 */
record ContainerDevices(
        String podUid,
        String container,
        String resource,
        SortedMap<String, Long> numaNodes,
        ContainerAllocateResponse answer) {

    ContainerDevices {
        numaNodes = Collections.unmodifiableSortedMap(new TreeMap<>(numaNodes));
    }

    Set<String> ids() {
        return new TreeSet<>(numaNodes.keySet());
    }
}
