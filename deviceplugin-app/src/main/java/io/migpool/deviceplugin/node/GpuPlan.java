package io.migpool.deviceplugin.node;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.reservation.SharingSettings;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of this node.
 *
 * @param node the entry for this node
 * @param settled whether it is certain; false while no valid configuration has been seen, or while it depends on labels
 *     and the Node has not been seen
 * @param sharing how software-shared GPUs are offered
 */
record GpuPlan(NodeConfig node, boolean settled, SharingSettings sharing) {

    /** @param labels labels of our Node; empty while it has not been seen */
    static GpuPlan of(
            String nodeName,
            Optional<Map<String, String>> labels,
            LiveSettings<NodeSettings> settings,
            LiveSettings<DeviceSettings> pool) {
        // Read before the values, because known settings stay known.
        boolean known = settings.isKnown() && pool.isKnown();
        NodeSettings nodes = settings.current();
        NodeConfig silent = NodeConfig.of(nodeName, GpuMode.HAMI_CORE);
        boolean settled = known && (labels.isPresent() || !nodes.dependsOnLabels(nodeName));
        NodeConfig node =
                settled ? nodes.forNode(nodeName, labels.orElse(Map.of())).orElse(silent) : silent;
        DeviceSettings cluster = pool.current();
        return new GpuPlan(
                node,
                settled,
                new SharingSettings(node.overrides().over(cluster.nodeDefaults()), cluster.disableCoreLimit()));
    }

    /** Returns the same plan with other settings of sharing. */
    GpuPlan withSharing(SharingSettings other) {
        return new GpuPlan(node, settled, other);
    }

    /** Returns whether a GPU stays out of the pool. */
    boolean excludes(GpuDescription gpu) {
        return node.filterDevices().excludes(gpu.uuid(), gpu.index());
    }

    /** Returns whether a GPU is label-driven; a filtered one is not. */
    boolean isLabelDriven(GpuDescription gpu) {
        return node.labelDriven().includes(gpu.uuid(), gpu.index()) && !excludes(gpu);
    }

    /** Returns the configured mode of a GPU, or its present one while configuration is uncertain. */
    GpuMode modeOf(GpuDescription gpu, boolean migOn) {
        if (!settled) {
            return migOn ? GpuMode.MIG : GpuMode.HAMI_CORE;
        }
        return node.modeOf(gpu.uuid(), gpu.index());
    }
}
