package io.migpool.deviceplugin.instance;

import java.util.List;

/**
 * The claim of one container of a pod.
 *
 * @param name the container
 * @param index its position in the pod, init containers counted first
 * @param init whether it runs to completion before the app containers start
 * @param intercepted whether the sharing library intercepts CUDA (unless the container disables it)
 * @param priority its priority on the GPUs that it shares, as it asked for; 0 is highest
 * @param devices its devices in the order of the reservation
 */
public record ContainerClaim(
        String name, int index, boolean init, boolean intercepted, int priority, List<ClaimedDevice> devices) {

    /** The priority of a container that asks for none. */
    public static final int USUAL_PRIORITY = 1;

    public ContainerClaim {
        if (priority < 0) {
            throw new IllegalArgumentException(
                    "container %s has the priority %d; 0 is the highest".formatted(name, priority));
        }
        devices = List.copyOf(devices);
    }

    /** The claim of a container that asks for no priority. */
    public ContainerClaim(String name, int index, boolean init, boolean intercepted, List<ClaimedDevice> devices) {
        this(name, index, init, intercepted, USUAL_PRIORITY, devices);
    }

    ContainerClaim moved(Slice from, Slice to) {
        ClaimedDevice before = new ClaimedDevice.Mig(from);
        ClaimedDevice after = new ClaimedDevice.Mig(to);
        return new ContainerClaim(
                name,
                index,
                init,
                intercepted,
                priority,
                devices.stream()
                        .map(device -> device.equals(before) ? after : device)
                        .toList());
    }
}
