package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.time.SteadyClock;
import java.time.InstantSource;

/** {@link Cluster} through the fabric8 client: two watches, patches, events. Closes the client when it is closed. */
public final class ApiServerCluster implements Cluster {

    private final KubernetesClient client;
    private final ApiServerPods pods;
    private final ApiServerNode node;
    private final ConfigMaps configMaps;
    private final EventRecorder recorder;
    private final Events events;

    /**
     * @param nodeName our Node
     */
    public ApiServerCluster(KubernetesClient client, String nodeName, InstantSource wall) {
        this.client = client;
        this.pods = new ApiServerPods(client, nodeName);
        this.node = new ApiServerNode(client, nodeName);
        this.configMaps = new ApiServerConfigMaps(client, node::watched);
        this.recorder = EventRecorder.start(
                client, "migpool.io/device-plugin", nodeName, wall, new SteadyClock(wall, System::nanoTime));
        this.events = new RecordedEvents(recorder, nodeName);
    }

    @Override
    public Pods pods() {
        return pods;
    }

    @Override
    public NodeAnnotations node() {
        return node;
    }

    @Override
    public NodeLabels labels() {
        return node.labels();
    }

    @Override
    public NodeCordon cordon() {
        return node.cordon();
    }

    @Override
    public ConfigMaps configMaps() {
        return configMaps;
    }

    @Override
    public Events events() {
        return events;
    }

    @Override
    public void listen(Pods.Listener listener, Runnable nodeChanged) {
        pods.listen(listener);
        node.listen(nodeChanged);
    }

    @Override
    public void start() {
        pods.start();
        node.start();
    }

    @Override
    public void close() {
        pods.close();
        node.close();
        recorder.close();
        client.close();
    }
}
