package io.migpool.extender.placement;

import java.util.Comparator;

/**
 * First-fit with HAMi's order of starts: instances of one or three compute slices from the end of the GPU, all others from
 * its beginning, so that the large ones find room on the left.
 *
 * <p>{@link DeviceOption#beforeAnyPolicy} comes first, then an instance that exists already, then the first GPU. Among
 * nodes the fuller one wins, so that others stay empty for large requests.
 */
public final class FirstFit implements PlacementPolicy {

    /** Orders options by the first GPU, and on it the first start in that order. */
    static final Comparator<DeviceOption> WITHIN_NODE = FirstFit::withinNode;

    private static final Comparator<DeviceOption> OPTIONS = ((Comparator<DeviceOption>) DeviceOption::beforeAnyPolicy)
            .thenComparing(option -> !(option instanceof DeviceOption.MigOption mig && mig.idle()))
            .thenComparing(WITHIN_NODE);

    private static final Comparator<PlanOutcome.Fits> NODES = Comparator.comparing(
                    PlanOutcome.Fits::cost, PlanCost::compareBeforeAnyPolicy)
            .thenComparingInt(fits -> -fits.cost().idleReused())
            .thenComparingInt(fits -> -fits.cost().takenAfterPermille())
            .thenComparing(PlanOutcome.Fits::node);

    @Override
    public String text() {
        return "first fit";
    }

    @Override
    public Comparator<DeviceOption> options() {
        return OPTIONS;
    }

    @Override
    public Comparator<PlanOutcome.Fits> nodes() {
        return NODES;
    }

    private static int withinNode(DeviceOption one, DeviceOption other) {
        return one.gpuPosition() != other.gpuPosition()
                ? Integer.compare(one.gpuPosition(), other.gpuPosition())
                : Integer.compare(startOrder(one), startOrder(other));
    }

    private static int startOrder(DeviceOption option) {
        return switch (option) {
            case DeviceOption.ShareOption share -> 0;
            case DeviceOption.MigOption mig -> {
                int slices = mig.gpu().board().profile(mig.profile()).profile().gpuSlices();
                int start = mig.placement().start();
                yield slices == 1 || slices == 3 ? -start : start;
            }
        };
    }
}
