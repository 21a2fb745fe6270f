package io.migpool.deviceplugin.instance;

import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a pod has on this node: enough to restart any of its containers without any request.
 *
 * @param uid the pod
 * @param grace how long kubelet lets its containers run on once they are told to end
 * @param containers its containers with devices, init containers first
 */
public record PodClaim(String uid, String namespace, String name, Duration grace, List<ContainerClaim> containers) {

    /** Kubernetes' default. */
    static final Duration USUAL_GRACE = Duration.ofSeconds(30);

    public PodClaim {
        if (uid.isBlank()) {
            throw new IllegalArgumentException("claim of pod " + namespace + "/" + name + " without its uid");
        }
        containers = List.copyOf(containers);
    }

    /** The claim of a pod with Kubernetes' default grace period. */
    public PodClaim(String uid, String namespace, String name, List<ContainerClaim> containers) {
        this(uid, namespace, name, USUAL_GRACE, containers);
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
                grace,
                containers.stream().map(container -> container.moved(from, to)).toList());
    }

    /** Returns whether any device is a share of a GPU. */
    public boolean hasShares() {
        return containers.stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(ClaimedDevice.Shared.class::isInstance);
    }

    /** Returns whether any device is on this GPU. */
    public boolean uses(String gpuUuid) {
        return containers.stream()
                .flatMap(container -> container.devices().stream())
                .anyMatch(device -> device.gpuUuid().equals(gpuUuid));
    }
}
