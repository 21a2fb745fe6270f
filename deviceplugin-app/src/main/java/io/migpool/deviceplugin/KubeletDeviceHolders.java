package io.migpool.deviceplugin;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.node.DeviceHolders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@link DeviceHolders} as reported by kubelet: PodResources has running pods, but no init containers; the checkpoint
 * has these too, but also pods that are gone.
 *
 * @param kubelet PodResources
 * @param checkpoint kubelet's checkpoint
 * @param pods show which pods of the checkpoint are not gone
 */
record KubeletDeviceHolders(KubeletPodResources kubelet, CheckpointFile checkpoint, Pods pods)
        implements DeviceHolders {

    @Override
    public List<Holder> present() throws IOException, InterruptedException {
        List<Holder> holders = new ArrayList<>(noted());
        kubelet.list().forEach(pod -> pod.getContainersList().stream()
                .flatMap(container -> container.getDevicesList().stream())
                .forEach(devices -> devices.getDeviceIdsList()
                        .forEach(id -> holders.add(
                                new Holder(pod.getNamespace(), pod.getName(), devices.getResourceName(), id)))));
        return holders;
    }

    /**
     * Returns the holders in the checkpoint. A pod counts until the API server reports that it is gone or has ended.
     *
     * @throws IOException if it cannot be read
     */
    List<Holder> noted() throws IOException {
        Optional<List<Pod>> known = pods.all();
        List<Holder> holders = new ArrayList<>();
        for (CheckpointFile.Entry entry : checkpoint.entries()) {
            Optional<Pod> pod = known.flatMap(all -> all.stream()
                    .filter(bound -> bound.getMetadata().getUid().equals(entry.podUid()))
                    .findFirst());
            if (known.isEmpty()
                    || pod.filter(found -> !PodPhase.hasEnded(found)).isPresent()) {
                String namespace =
                        pod.map(Pod::getMetadata).map(ObjectMeta::getNamespace).orElse("uid");
                String name = pod.map(Pod::getMetadata).map(ObjectMeta::getName).orElse(entry.podUid());
                entry.deviceIds().forEach(id -> holders.add(new Holder(namespace, name, entry.resource(), id)));
            }
        }
        return holders;
    }
}
