package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.kubelet.ResourceRegistrations;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.RememberedNames;

/**
 * The connections between the agent and kubelet, in both directions.
 *
 * @param sockets the sockets of both sides
 * @param podResources kubelet's report on running pods
 * @param checkpoint kubelet's record of the devices that it gave to pods
 * @param holders the pods that hold devices, from both sources
 * @param registrations which of the agent's plugins serves which resource
 */
record KubeletAccess(
        UnixSockets sockets,
        KubeletPodResources podResources,
        CheckpointFile checkpoint,
        KubeletDeviceHolders holders,
        ResourceRegistrations registrations)
        implements AutoCloseable {

    /** Connects on the first call, and makes none itself. */
    static KubeletAccess of(AgentSettings settings, RememberedNames devices, Pods pods) {
        UnixSockets sockets = new UnixSockets();
        KubeletPodResources podResources = new KubeletPodResources(sockets, settings.podResourcesSocket());
        CheckpointFile checkpoint = new CheckpointFile(
                settings.devicePluginDirectory(),
                () -> devices.current().resources().count());
        return new KubeletAccess(
                sockets,
                podResources,
                checkpoint,
                new KubeletDeviceHolders(podResources, checkpoint, pods),
                new ResourceRegistrations());
    }

    @Override
    public void close() {
        podResources.close();
        sockets.close();
    }
}
