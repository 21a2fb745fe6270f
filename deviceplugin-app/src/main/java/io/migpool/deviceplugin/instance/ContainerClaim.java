package io.migpool.deviceplugin.instance;

import java.util.List;

/**
 * The claim of one container of a pod.
 *
 * @param name the container
 * @param index its position in the pod, init containers counted first
 * @param init whether it runs to completion before the app containers start
 * @param intercepted whether the sharing library intercepts CUDA (unless the container disables it)
 * @param devices its devices in the order of the reservation
 */
public record ContainerClaim(String name, int index, boolean init, boolean intercepted, List<ClaimedDevice> devices) {
    public ContainerClaim {
        devices = List.copyOf(devices);
    }

    ContainerClaim moved(Slice from, Slice to) {
        ClaimedDevice before = new ClaimedDevice.Mig(from);
        ClaimedDevice after = new ClaimedDevice.Mig(to);
        return new ContainerClaim(
                name,
                index,
                init,
                intercepted,
                devices.stream()
                        .map(device -> device.equals(before) ? after : device)
                        .toList());
    }
}
