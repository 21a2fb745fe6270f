package io.migpool.extender.placement;

import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.Reason;
import java.util.Comparator;
import java.util.Optional;

/** First fit that counts the GPUs it is asked about: once for each GPU of a node, whenever that node is planned. */
public final class CountedPlans implements PlacementPolicy {

    private final FirstFit order = new FirstFit();
    private int gpus;

    /** Returns how many GPUs have been considered. */
    public int gpus() {
        return gpus;
    }

    @Override
    public String text() {
        return order.text();
    }

    @Override
    public Comparator<DeviceOption> options() {
        return order.options();
    }

    @Override
    public Comparator<PlanOutcome.Fits> nodes() {
        return order.nodes();
    }

    @Override
    public Optional<Reason> refuses(GpuView gpu) {
        gpus++;
        return Optional.empty();
    }
}
