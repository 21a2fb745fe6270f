package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.LiveAgentSettings;
import io.migpool.runtime.Closing;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The agent assembled from its sides towards the pool, the label and kubelet. The constructor makes no calls.
 * {@link #start} proceeds from the driver outwards to kubelet, {@link #close} in reverse. Plain Java, so that tests can
 * run it without a CDI container.
 */
final class NodeAgent implements AutoCloseable {

    private final Cluster cluster;
    private final boolean withoutGpus;
    private final Duration stopDelay;
    private final PoolSide pool;
    private final LabelSide label;
    private final KubeletSide kubelet;
    private final Closing closing = new Closing();

    NodeAgent(AgentSettings settings, LiveAgentSettings live, AgentPorts ports, AgentObservers observers) {
        cluster = ports.cluster();
        withoutGpus = ports.gpus().isEmpty();
        stopDelay = settings.stopDelay();
        KubeletAccess access = KubeletAccess.of(settings, live.devices(), cluster.pods());
        pool = new PoolSide(settings, live, ports, access.holders(), observers);
        label = new LabelSide(settings, ports, pool, access);
        kubelet = new KubeletSide(settings, ports, pool, label, access, observers);
        // These have threads or connections from construction on.
        closing.add(cluster);
        closing.add(pool.instances());
        closing.add(access);
    }

    /**
     * Recovers state from the driver and the ownership file, then serves. Does not wait for the API server or kubelet.
     * If it throws, {@link #close} closes what was started.
     *
     * @param beforeKubelet runs before the agent serves kubelet; may block for a moment
     * @throws IOException if the ownership file exists but cannot be read
     */
    void start(Runnable beforeKubelet) throws IOException {
        pool.instances().start();
        // Which slots are in use depends on the pods, too.
        cluster.listen(pool.listener(kubelet.plugin()::pushSoon), this::nodeChanged);
        cluster.start();
        if (withoutGpus) {
            cluster.events()
                    .warnNode(
                            "NoGpus",
                            "the driver was not found, or lists no GPU, so this node offers none; the node agent's log names the paths it searched; it keeps searching, and offers a GPU as soon as the driver lists it");
        }
        pool.start(closing);
        label.start(closing);
        beforeKubelet.run();
        kubelet.start(closing);
        // Added last, so closed first: the Node announces the stop before any socket closes.
        closing.add(this::stopServing);
    }

    /**
     * Announces the stop, then waits: a pod may be bound but not yet admitted by kubelet, and would fail for good once
     * the sockets are closed.
     */
    private void stopServing() {
        boolean bindable = kubelet.plugin().isRegistered();
        if (pool.presence().stopServing() && bindable) {
            try {
                TimeUnit.NANOSECONDS.sleep(stopDelay.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void nodeChanged() {
        pool.presence().nodeChanged();
        label.wake();
    }

    InstancePool pool() {
        return pool.instances();
    }

    NodePresence presence() {
        return pool.presence();
    }

    DevicePlugin plugin() {
        return kubelet.plugin();
    }

    RuntimeIdentityWriter identityWriter() {
        return pool.identityWriter();
    }

    /** Announces {@code stopping} on the Node before the sockets close. Instances stay as they are. */
    @Override
    public void close() {
        closing.close();
    }
}
