package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.GpuConditions;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.util.List;

/**
 * GPUs of this node that could not be identified when the agent started. Reported as long as it runs; it restarts when
 * one responds.
 */
final class UnidentifiedGpus {

    private final List<GpuConditions.Condition> conditions;

    UnidentifiedGpus(GpuDriver driver) {
        this.conditions =
                driver.unlisted().stream().map(UnidentifiedGpus::condition).toList();
    }

    /** Returns the condition, with a placeholder for the unknown UUID. */
    private static GpuConditions.Condition condition(UnlistedGpu gpu) {
        return new GpuConditions.Condition(
                "index-" + gpu.index(),
                gpu.index(),
                GpuTrouble.GPU_UNIDENTIFIED.reason(),
                ("GPU %d could not be identified when the node agent started and is not in the pool: %s. See nvidia-smi and the"
                                + " kernel log; the node agent asks every minute and starts anew with a GPU that was repaired")
                        .formatted(gpu.index(), gpu.why()));
    }

    /** Returns the conditions, by index. */
    List<GpuConditions.Condition> conditions() {
        return conditions;
    }

    void tell(Events events) {
        conditions.forEach(condition -> events.warnNode(condition.reason(), condition.note()));
    }
}
