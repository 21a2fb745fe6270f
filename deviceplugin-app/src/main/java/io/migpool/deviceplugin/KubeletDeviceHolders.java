package io.migpool.deviceplugin;

import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.migmanager.DeviceHolders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@link DeviceHolders} as kubelet's PodResources tells them. */
record KubeletDeviceHolders(KubeletPodResources kubelet) implements DeviceHolders {

    @Override
    public List<Holder> present() throws IOException, InterruptedException {
        List<Holder> holders = new ArrayList<>();
        kubelet.list().forEach(pod -> pod.getContainersList().stream()
                .flatMap(container -> container.getDevicesList().stream())
                .forEach(devices -> devices.getDeviceIdsList()
                        .forEach(id -> holders.add(
                                new Holder(pod.getNamespace(), pod.getName(), devices.getResourceName(), id)))));
        return holders;
    }
}
