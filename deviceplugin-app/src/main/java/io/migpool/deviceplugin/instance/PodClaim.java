package io.migpool.deviceplugin.instance;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a pod has on this node: enough to restart any of its containers without any request.
 *
 * @param uid the pod
 * @param containers its containers with devices, init containers first
 */
public record PodClaim(String uid, String namespace, String name, List<ContainerClaim> containers) {

    public PodClaim {
        if (uid.isBlank()) {
            throw new IllegalArgumentException("claim of pod " + namespace + "/" + name + " without its uid");
        }
        containers = List.copyOf(containers);
    }

    /** Returns the MIG instances of all its containers, each once, sorted. */
    public SortedSet<Slice> slices() {
        SortedSet<Slice> slices = new TreeSet<>();
        for (ContainerClaim container : containers) {
            for (ClaimedDevice device : container.devices()) {
                if (device instanceof ClaimedDevice.Mig mig) {
                    slices.add(mig.slice());
                }
            }
        }
        return slices;
    }

    /** Returns the same claim with one of its slices moved, in every container that uses it. */
    public PodClaim moved(Slice from, Slice to) {
        return new PodClaim(
                uid,
                namespace,
                name,
                containers.stream().map(container -> container.moved(from, to)).toList());
    }

    /** Returns whether any device is on this GPU. */
    public boolean uses(String gpuUuid) {
        return containers.stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> device.gpuUuid().equals(gpuUuid));
    }
}
