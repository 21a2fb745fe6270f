package io.migpool.deviceplugin.instance;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a pod holds on this node, in full: enough to start any of its containers again without asking anybody.
 *
 * @param uid the pod
 * @param namespace its namespace
 * @param name its name
 * @param containers its containers that want devices, init containers first
 */
public record PodClaim(String uid, String namespace, String name, List<ContainerClaim> containers) {

    public PodClaim {
        if (uid.isBlank()) {
            throw new IllegalArgumentException("claim of pod " + namespace + "/" + name + " without its uid");
        }
        containers = List.copyOf(containers);
    }

    /** The MIG instances of all its containers, each once, sorted. */
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

    /** Whether any device is on that GPU. */
    public boolean uses(String gpuUuid) {
        return containers.stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> device.gpuUuid().equals(gpuUuid));
    }
}
