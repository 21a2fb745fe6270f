package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.kubelet.DevicePlugin;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.node.PoolReconciler;
import io.migpool.deviceplugin.node.RuntimeIdentityWriter;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.LiveAgentSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The agent put together from its sides to the pool, to the label and to kubelet. Making it asks nobody; it is started from the
 * driver outwards to kubelet, and what was started is closed the other way round. Plain Java, so that tests start it without a
 * container of beans.
 */
final class NodeAgent implements AutoCloseable {

    private final Cluster cluster;
    private final boolean withoutGpus;
    private final Duration stopDelay;
    private final PoolSide pool;
    private final LabelSide label;
    private final KubeletSide kubelet;
    private final Closing closing = new Closing();

    NodeAgent(AgentSettings settings, LiveAgentSettings live, AgentPorts around, AgentObservers observers) {
        cluster = around.cluster();
        withoutGpus = around.gpus().isEmpty();
        stopDelay = settings.stopDelay();
        KubeletAccess access = KubeletAccess.of(settings, live.devices(), cluster.pods());
        pool = new PoolSide(settings, live, around, access.holders(), observers);
        label = new LabelSide(settings, around, pool, access);
        kubelet = new KubeletSide(settings, around, pool, label, access, observers);
        // These have threads or connections from the moment they are made.
        closing.add(cluster);
        closing.add(pool.instances());
        closing.add(access);
    }

    /**
     * Recovers what the driver and the ownership file know, then serves. Does not wait for API server or kubelet. If it throws,
     * what it has started by then is closed by {@link #close}.
     *
     * @param beforeKubelet what has to be over before kubelet hears of us; may block for a moment
     * @throws IOException if the ownership file is there and cannot be read
     */
    void start(Runnable beforeKubelet) throws IOException {
        pool.instances().start();
        cluster.listen(PoolReconciler.listener(pool.instances()), this::nodeChanged);
        cluster.start();
        if (withoutGpus) {
            cluster.events()
                    .warnNode(
                            "NoGpus",
                            "the driver was not found, or lists no GPU, so this node offers none; the log of the node agent names the places where it looked, and it starts again once the driver lists a GPU");
        }
        pool.start(closing);
        label.start(closing);
        beforeKubelet.run();
        kubelet.start(closing);
        // Last, so that the Node says it before the first socket closes.
        closing.add(this::stopServing);
    }

    /** A pod may be bound already that kubelet has not admitted: after the sockets are closed it would fail for good. */
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

    /** Whether the driver listed no GPU when the agent was made. */
    boolean isWithoutGpus() {
        return withoutGpus;
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

    RuntimeIdentityWriter receipts() {
        return pool.receipts();
    }

    /** The Node says {@code stopping} before the sockets close; instances stay as they are. */
    @Override
    public void close() {
        closing.close();
    }
}
