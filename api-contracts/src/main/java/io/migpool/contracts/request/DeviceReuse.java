package io.migpool.contracts.request;

import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.DistinctDevices.Container;
import io.migpool.contracts.request.DistinctDevices.Owned;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * How the containers of a pod pass devices on, for the side that plans them and the side that hands them out.
 *
 * <p>kubelet gives all containers their device ids when it admits the pod, in the order of the spec. A container takes
 * ids that init containers before it had, as long as there are any, and new ones for the rest; which of several it
 * takes is left to chance. What an app container or a sidecar has taken it keeps; what an init container has goes on to
 * later containers. PreStartContainer carries ids only, so an id is one device for the pod's whole life. Hence the
 * rules:
 *
 * <ul>
 *   <li>The first devices of an app container or a sidecar are those with passed-on ids, the later ones those with new
 *       ids.
 *   <li>Where several ids are passed on at once, each of their devices must serve every init container that may have had
 *       it.
 *   <li>Devices that are left when all containers have theirs are used by init containers alone.
 * </ul>
 */
public final class DeviceReuse {

    private DeviceReuse() {}

    /**
     * A device of a container.
     *
     * @param container position of the container in the pod, init containers counted first
     * @param device position of the device in the container
     */
    public record Use(int container, int device) {}

    /**
     * A device that a pod needs for its whole life.
     *
     * @param uses the devices of containers that it is in the plan; at most one of them belongs to a container that
     *     lasts as long as the pod
     * @param served the requests that it must be large enough for: those of the users, and of init containers that
     *     kubelet may give it to as well
     */
    public record Device(List<Use> uses, List<ContainerGpuRequest> served) {
        public Device {
            uses = List.copyOf(uses);
            served = List.copyOf(served);
        }
    }

    /**
     * The devices that a pod needs.
     *
     * @param requests of the pod's containers, in the order of the spec
     */
    public static List<Device> devices(List<ContainerGpuRequest> requests) {
        List<Device> devices = new ArrayList<>();
        List<List<Use>> passedOn = new ArrayList<>();
        List<ContainerGpuRequest> hadThem = new ArrayList<>();
        for (ContainerGpuRequest request : requests) {
            if (request.role() == Role.INIT) {
                hadThem.add(request);
                for (int device = 0; device < request.devices(); device++) {
                    if (device == passedOn.size()) {
                        passedOn.add(new ArrayList<>());
                    }
                    passedOn.get(device).add(new Use(request.index(), device));
                }
                continue;
            }
            for (int device = 0; device < request.devices(); device++) {
                boolean reused = !passedOn.isEmpty();
                List<Use> uses = reused ? passedOn.removeFirst() : new ArrayList<>();
                List<ContainerGpuRequest> served = reused ? new ArrayList<>(hadThem) : new ArrayList<>();
                uses.add(new Use(request.index(), device));
                served.add(request);
                devices.add(new Device(uses, served));
            }
            if (passedOn.isEmpty()) {
                hadThem.clear();
            }
        }
        passedOn.forEach(uses -> devices.add(new Device(uses, hadThem)));
        return List.copyOf(devices);
    }

    /**
     * The device behind every id, given what was planned and which ids kubelet gave to whom.
     *
     * @param containers with the devices planned for them, in the order of the spec
     * @param ids by position of the container, in the order in which devices are given; containers that are not known
     *     to have any are left out
     * @param single whether equal devices are one even in containers that run at once, as for
     *     {@link DistinctDevices#of}
     * @return ids without a device, because fewer are planned, are omitted
     */
    public static <I, D> Map<I, D> byId(
            List<Container<D>> containers, Map<Integer, ? extends NavigableSet<I>> ids, Predicate<D> single) {
        Set<I> passedOn = new HashSet<>();
        containers.stream().filter(Container::init).forEach(init -> passedOn.addAll(idsOf(init, ids)));
        Map<I, D> devices = new HashMap<>();
        for (Container<D> container : containers) {
            if (!container.init()) {
                List<I> inOrder = new ArrayList<>(idsOf(container, ids));
                // A stable sort: among themselves they stay as they are.
                inOrder.sort((one, other) -> Boolean.compare(passedOn.contains(other), passedOn.contains(one)));
                give(inOrder, container.devices().iterator(), devices);
            }
        }
        Set<Integer> inits = new HashSet<>();
        containers.stream().filter(Container::init).forEach(init -> inits.add(init.index()));
        Iterator<D> left = DistinctDevices.of(containers, single).stream()
                .filter(owned -> inits.contains(owned.container()))
                .map(Owned::device)
                .iterator();
        containers.stream().filter(Container::init).forEach(init -> give(idsOf(init, ids), left, devices));
        return devices;
    }

    private static <I, D> Collection<I> idsOf(Container<D> container, Map<Integer, ? extends NavigableSet<I>> ids) {
        NavigableSet<I> known = ids.get(container.index());
        return known == null ? List.of() : known;
    }

    private static <I, D> void give(Collection<I> ids, Iterator<D> left, Map<I, D> devices) {
        for (I id : ids) {
            if (!devices.containsKey(id) && left.hasNext()) {
                devices.put(id, left.next());
            }
        }
    }
}
