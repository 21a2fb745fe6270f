package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.handout.CountResource;
import io.migpool.deviceplugin.handout.LabelDrivenDevices;
import io.migpool.deviceplugin.handout.ResourcePlugins;
import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.deviceplugin.migmanager.MigManager;
import io.migpool.deviceplugin.node.DeviceGate;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.node.Operands;
import io.migpool.deviceplugin.node.Rivals;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.runtime.Closing;
import java.util.Optional;

/**
 * The label's side of the agent: the GPUs that the Node's label configures, and their devices if this agent hands them
 * out.
 */
final class LabelSide {

    private final NodePresence presence;
    private final boolean handsOut;
    private final LabelDrivenDevices devices;
    private final ResourcePlugins plugins;
    private final MigManager migManager;
    private final Rivals rivals;

    LabelSide(AgentSettings settings, AgentPorts around, PoolSide pool, KubeletAccess kubelet) {
        Cluster cluster = around.cluster();
        presence = pool.presence();
        handsOut = settings.migManager().handsOut();
        devices = new LabelDrivenDevices(
                around.driver(),
                pool.labelDriven(),
                presence::migStrategy,
                presence::ailment,
                kubelet.holders(),
                new CountResource(presence::resourceName, pool::hasGpus),
                cluster.events(),
                settings.stateDirectory(),
                around.clock());
        plugins = new ResourcePlugins(
                kubelet.sockets(),
                settings.devicePluginDirectory(),
                kubelet.claims(),
                devices,
                settings.inject(),
                presence::minors);
        if (handsOut) {
            pool.labelDriven().usedBy(devices);
            pool.labelDriven().onChange(plugins::wake);
        }
        migManager = new MigManager(
                settings.migManager(),
                settings.nodeName(),
                settings.stateDirectory(),
                around.driver(),
                pool.labelDriven(),
                cluster,
                kubelet.holders(),
                handsOut ? devices : DeviceGate.NONE,
                presence::migStrategy,
                new DbusSystemd(settings.migManager().dbusAddress(), around.clock()),
                around.wall(),
                around.clock());
        rivals = new Rivals(
                cluster.pods(),
                cluster.events(),
                new Operands(cluster.labels(), settings.displaceOperator()),
                handsOut ? () -> Optional.of(false) : () -> nvidiasPluginIsWelcome(pool));
    }

    /**
     * Returns whether NVIDIA's plugin may run here: the pool must have no GPUs other than those of the label. Empty while
     * that is not known.
     */
    private static Optional<Boolean> nvidiasPluginIsWelcome(PoolSide pool) {
        return pool.labelDriven().areDecided()
                ? Optional.of(!pool.hasGpus() && pool.labelDriven().awaited().isEmpty())
                : Optional.empty();
    }

    /** Starts following the label, for the GPUs that the pool leaves to it. Blocks for driver calls. */
    void start(Closing closing) {
        closing.start(rivals, rivals::start);
        if (handsOut) {
            closing.start(plugins, () -> plugins.start(presence));
        }
        closing.start(migManager, migManager::start);
    }

    /** Looks again after a change of the Node. */
    void wake() {
        migManager.wake();
    }

    /** Returns whether label-driven devices are offered as that resource. */
    boolean offers(String resource) {
        return handsOut && devices.offers(resource);
    }
}
