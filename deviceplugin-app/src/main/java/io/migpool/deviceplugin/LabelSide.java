package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.handout.CountResource;
import io.migpool.deviceplugin.handout.LabelDrivenDevices;
import io.migpool.deviceplugin.handout.ResourcePlugins;
import io.migpool.deviceplugin.host.DbusSystemd;
import io.migpool.deviceplugin.migmanager.MigManager;
import io.migpool.deviceplugin.node.AllocationGate;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.operator.ConflictingOperands;
import io.migpool.deviceplugin.operator.OperandLabels;
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
    private final ConflictingOperands conflicts;

    LabelSide(AgentSettings settings, AgentPorts ports, PoolSide pool, KubeletAccess kubelet) {
        Cluster cluster = ports.cluster();
        presence = pool.presence();
        handsOut = settings.migManager().handsOut();
        devices = new LabelDrivenDevices(
                ports.driver(),
                pool.labelDriven(),
                presence::migStrategy,
                presence::ailment,
                kubelet.holders(),
                new CountResource(presence::resourceName, pool::hasGpus),
                cluster.events(),
                settings.stateDirectory(),
                ports.clock());
        plugins = new ResourcePlugins(
                kubelet.sockets(),
                settings.devicePluginDirectory(),
                kubelet.registrations(),
                devices,
                settings.inject(),
                presence::minors);
        if (handsOut) {
            pool.labelDriven().usedBy(devices);
            pool.labelDriven().onChange(plugins::wake);
        }
        migManager = new MigManager(
                settings.migManager(),
                new MigManager.Node(
                        settings.nodeName(),
                        settings.stateDirectory(),
                        ports.driver(),
                        cluster,
                        new DbusSystemd(settings.migManager().dbusAddress(), ports.clock())),
                new MigManager.Allocation(
                        pool.labelDriven(),
                        kubelet.holders(),
                        handsOut ? devices : AllocationGate.NONE,
                        presence::migStrategy),
                ports.wall(),
                ports.clock());
        conflicts = new ConflictingOperands(
                cluster.pods(),
                cluster.events(),
                new OperandLabels(cluster.labels(), settings.displaceOperator()),
                handsOut ? () -> Optional.of(false) : () -> nvidiasPluginIsWelcome(pool));
    }

    /**
     * Returns whether NVIDIA's plugin may run here: the pool must have no GPUs other than those of the label. Empty
     * while that is not known.
     */
    private static Optional<Boolean> nvidiasPluginIsWelcome(PoolSide pool) {
        return pool.labelDriven().areDecided()
                ? Optional.of(!pool.hasGpus() && pool.labelDriven().awaited().isEmpty())
                : Optional.empty();
    }

    /** Starts following the label, for the GPUs that the pool leaves to it. Blocks for driver calls. */
    void start(Closing closing) {
        closing.start(conflicts, conflicts::start);
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
