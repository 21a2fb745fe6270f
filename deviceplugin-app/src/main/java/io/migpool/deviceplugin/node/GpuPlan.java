package io.migpool.deviceplugin.node;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.NodeConfig;
import io.migpool.config.NodeDefaults;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.deviceplugin.gpu.GpuDescription;
import java.util.Map;
import java.util.Optional;

/**
 * What configuration wants of this node.
 *
 * @param node the entry that is for this node
 * @param settled whether that is certain; not so while no valid configuration has been seen, or while it depends on labels and the
 *     Node has not
 * @param sharing how software-shared GPUs are offered
 */
record GpuPlan(NodeConfig node, boolean settled, NodeDefaults sharing) {

    /**
     * @param labels of our Node; empty while it has not been seen
     */
    static GpuPlan of(
            String nodeName,
            Optional<Map<String, String>> labels,
            LiveSettings<NodeSettings> settings,
            LiveSettings<DeviceSettings> pool) {
        // Asked before their values: what is known stays known.
        boolean known = settings.isKnown() && pool.isKnown();
        NodeSettings nodes = settings.current();
        NodeConfig silent = NodeConfig.of(nodeName, GpuMode.HAMI_CORE);
        boolean settled = known && (labels.isPresent() || !nodes.dependsOnLabels(nodeName));
        NodeConfig node =
                settled ? nodes.forNode(nodeName, labels.orElse(Map.of())).orElse(silent) : silent;
        return new GpuPlan(node, settled, node.overrides().over(pool.current().nodeDefaults()));
    }

    /** Whether a GPU stays out of the pool. */
    boolean excludes(GpuDescription gpu) {
        return node.filterDevices().excludes(gpu.uuid(), gpu.index());
    }

    /** Whether the label decides on that GPU; one that is filtered is nobody's. */
    boolean isLabelDriven(GpuDescription gpu) {
        return node.labelDriven().includes(gpu.uuid(), gpu.index()) && !excludes(gpu);
    }

    /** How a GPU is to be shared; as long as that is not certain, as it is. */
    GpuMode modeOf(GpuDescription gpu, boolean migOn) {
        if (!settled) {
            return migOn ? GpuMode.MIG : GpuMode.HAMI_CORE;
        }
        return node.modeOf(gpu.uuid(), gpu.index());
    }
}
