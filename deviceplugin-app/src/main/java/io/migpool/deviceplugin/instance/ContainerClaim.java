package io.migpool.deviceplugin.instance;

import java.util.List;

/**
 * What one container of a pod holds.
 *
 * @param name the container
 * @param index its position in the pod, init containers counted first
 * @param init whether it runs to its end before the app containers start
 * @param intercepted whether the sharing library is put in front of CUDA (not where the container disables it)
 * @param devices its devices in the order of the reservation
 */
public record ContainerClaim(String name, int index, boolean init, boolean intercepted, List<ClaimedDevice> devices) {
    public ContainerClaim {
        devices = List.copyOf(devices);
    }
}
