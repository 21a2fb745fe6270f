package io.migpool.deviceplugin.kubelet;

import io.migpool.contracts.kubelet.podresources.ContainerDevices;
import io.migpool.contracts.kubelet.podresources.ContainerResources;
import io.migpool.contracts.kubelet.podresources.PodResources;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The slots of pods, from PodResources.
 *
 * @param kubelet the PodResources client
 * @param resourceName supplies the count resource at every call
 */
public record PodResourcesSource(KubeletPodResources kubelet, Supplier<String> resourceName) implements SlotSource {

    @Override
    public List<PodSlots> pods() throws IOException, InterruptedException {
        return kubelet.list().stream()
                .flatMap(pod -> slots(pod, resourceName.get()).stream())
                .toList();
    }

    /** Returns the slots of a pod; empty if it has none. */
    static Optional<PodSlots> slots(PodResources pod, String resourceName) {
        Map<String, NavigableSet<String>> containers = new TreeMap<>();
        for (ContainerResources container : pod.getContainersList()) {
            NavigableSet<String> ids = new TreeSet<>(Slot.ORDER);
            for (ContainerDevices devices : container.getDevicesList()) {
                if (devices.getResourceName().equals(resourceName)) {
                    ids.addAll(devices.getDeviceIdsList());
                }
            }
            if (!ids.isEmpty()) {
                containers.put(container.getName(), ids);
            }
        }
        return containers.isEmpty()
                ? Optional.empty()
                : Optional.of(new PodSlots(new PodKey.ByName(pod.getNamespace(), pod.getName()), containers));
    }
}
