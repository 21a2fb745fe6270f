package io.migpool.contracts.request;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which devices of a pod's containers are distinct. A pod keeps its devices for its whole life: an init container uses
 * those of the containers that start after it, and gets extra ones only if it needs more than they have.
 */
public final class DistinctDevices {

    private DistinctDevices() {}

    /**
     * A container with its devices.
     *
     * @param index its position in the pod, init containers counted first
     * @param init whether it finishes before the app containers start; false for a sidecar
     * @param devices its devices; equal ones may be the same device
     */
    public record Container<D>(int index, boolean init, List<D> devices) {
        public Container {
            devices = List.copyOf(devices);
        }
    }

    /**
     * A distinct device, with the container that holds it longest.
     *
     * @param container position of the container in the pod
     * @param position its position among the container's devices
     */
    public record Owned<D>(int container, int position, D device) {}

    /**
     * Returns the distinct devices: those of containers that run as long as the pod, then any extra ones of init
     * containers.
     *
     * @param containers in the order of their indices
     * @param single whether equal devices are one and the same even in containers that run concurrently: true for
     *     instances, false for shares of a GPU
     */
    public static <D> List<Owned<D>> of(List<Container<D>> containers, Predicate<D> single) {
        List<Owned<D>> distinct = new ArrayList<>();
        containers.stream().filter(container -> !container.init).forEach(container -> addAll(distinct, container));
        for (Container<D> container : containers) {
            if (container.init) {
                addMissing(distinct, container, sidecarsBefore(container, containers));
            }
        }
        Set<D> seen = new HashSet<>();
        distinct.removeIf(owned -> single.test(owned.device) && !seen.add(owned.device));
        return List.copyOf(distinct);
    }

    private static <D> void addAll(List<Owned<D>> distinct, Container<D> container) {
        for (int i = 0; i < container.devices.size(); i++) {
            distinct.add(new Owned<>(container.index, i, container.devices.get(i)));
        }
    }

    /** Sidecars that start before an init container run alongside it, so it cannot use their devices. */
    private static <D> List<D> sidecarsBefore(Container<D> init, List<Container<D>> containers) {
        return containers.stream()
                .filter(other -> !other.init && other.index < init.index)
                .flatMap(other -> other.devices.stream())
                .toList();
    }

    private static <D> void addMissing(List<Owned<D>> distinct, Container<D> init, List<D> beside) {
        Map<D, Integer> left = new HashMap<>();
        distinct.forEach(owned -> left.merge(owned.device, 1, Integer::sum));
        beside.forEach(device -> left.merge(device, -1, Integer::sum));
        for (int i = 0; i < init.devices.size(); i++) {
            if (left.merge(init.devices.get(i), -1, Integer::sum) < 0) {
                distinct.add(new Owned<>(init.index, i, init.devices.get(i)));
            }
        }
    }
}
