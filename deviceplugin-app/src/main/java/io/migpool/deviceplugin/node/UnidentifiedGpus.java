package io.migpool.deviceplugin.node;

import io.migpool.contracts.wire.GpuConditions;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.UnlistedGpu;
import java.util.List;

/** GPUs of this node that could not be identified, as long as that is so. */
final class UnidentifiedGpus {

    private final GpuDriver driver;
    private final Events events;
    private volatile List<GpuConditions.Condition> conditions = List.of();

    UnidentifiedGpus(GpuDriver driver, Events events) {
        this.driver = driver;
        this.events = events;
    }

    /** Returns the condition, with a placeholder for the unknown UUID. */
    private static GpuConditions.Condition condition(UnlistedGpu gpu) {
        return new GpuConditions.Condition(
                "index-" + gpu.index(),
                gpu.index(),
                GpuTrouble.GPU_UNIDENTIFIED.reason(),
                ("GPU %d could not be identified and is not in the pool: %s. See nvidia-smi and the kernel log; the node"
                                + " agent keeps checking, and adds the GPU once it responds")
                        .formatted(gpu.index(), gpu.why()));
    }

    /**
     * Checks which there are now and reports new ones. Called from one thread.
     *
     * @return whether anything has changed
     */
    boolean look() {
        List<GpuConditions.Condition> before = conditions;
        List<GpuConditions.Condition> now =
                driver.unlisted().stream().map(UnidentifiedGpus::condition).toList();
        conditions = now;
        now.stream()
                .filter(condition -> !before.contains(condition))
                .forEach(condition -> events.warnNode(condition.reason(), condition.note()));
        return !now.equals(before);
    }

    /** Returns the conditions, by index, as of the last check. */
    List<GpuConditions.Condition> conditions() {
        return conditions;
    }
}
