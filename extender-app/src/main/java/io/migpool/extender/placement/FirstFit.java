package io.migpool.extender.placement;

import java.util.Comparator;

/**
 * First-fit with HAMi's order of starts: instances of one or three compute slices from the end of the GPU, all others from
 * its beginning, so that the large ones find room on the left.
 *
 * <p>{@link Option#beforeAnyPolicy} comes first, then an instance that exists already, then the first GPU. Among
 * nodes the fuller one wins, so that others stay empty for large requests.
 */
public final class FirstFit implements PlacementPolicy {

    /** Orders options by the first GPU, and on it the first start in that order. */
    static final Comparator<Option> WITHIN_NODE = FirstFit::withinNode;

    private static final Comparator<Option> OPTIONS = ((Comparator<Option>) Option::beforeAnyPolicy)
            .thenComparing(option -> !(option instanceof Option.Cut cut && cut.idle()))
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
    public Comparator<Option> options() {
        return OPTIONS;
    }

    @Override
    public Comparator<PlanOutcome.Fits> nodes() {
        return NODES;
    }

    private static int withinNode(Option one, Option other) {
        return one.gpuPosition() != other.gpuPosition()
                ? Integer.compare(one.gpuPosition(), other.gpuPosition())
                : Integer.compare(startOrder(one), startOrder(other));
    }

    private static int startOrder(Option option) {
        return switch (option) {
            case Option.Slice slice -> 0;
            case Option.Cut cut -> {
                int slices = cut.gpu().board().profile(cut.profile()).profile().gpuSlices();
                int start = cut.placement().start();
                yield slices == 1 || slices == 3 ? -start : start;
            }
        };
    }
}
