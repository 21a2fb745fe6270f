package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.kubelet.CheckpointFile;
import io.migpool.deviceplugin.kubelet.KubeletPodResources;
import io.migpool.deviceplugin.kubelet.ResourceClaims;
import io.migpool.deviceplugin.kubelet.UnixSockets;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.RememberedNames;

/**
 * How the agent comes to kubelet, and kubelet to the agent.
 *
 * @param sockets on which both serve
 * @param podResources what kubelet tells of pods that run
 * @param checkpoint what kubelet notes of what it gave to pods
 * @param holders what both tell together of who has devices
 * @param claims which of the agent's plugins has which resource
 */
record KubeletAccess(
        UnixSockets sockets,
        KubeletPodResources podResources,
        CheckpointFile checkpoint,
        KubeletDeviceHolders holders,
        ResourceClaims claims)
        implements AutoCloseable {

    /** Connects with the first call; until then nobody is asked. */
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
                new ResourceClaims());
    }

    @Override
    public void close() {
        podResources.close();
        sockets.close();
    }
}
