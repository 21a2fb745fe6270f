package io.migpool.extender.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A chain of GPU policies and a node policy, for one decision.
 *
 * <p>Before the chain: instances come before software shares, because they isolate for the same request; then whatever takes
 * the smaller part of a GPU. After it: what takes least from later requests, an instance
 * that exists already, the first GPU, and HAMi's order of starts. Software shares have no fragmentation: under that policy
 * they go to the fullest GPU.
 */
final class ChosenPolicy implements PlacementPolicy {

    private static final Comparator<Option> BEFORE = Comparator.comparing(
                    (Option option) -> option instanceof Option.Slice)
            .thenComparingInt(Option::permille);

    private static final Comparator<PlanOutcome.Fits> NODES_BEFORE = Comparator.comparingInt(
                    (PlanOutcome.Fits fits) -> fits.cost().softwareShares())
            .thenComparingInt(fits -> fits.cost().permille());

    private final Fragmentation.Scores scores;
    private final List<GpuPolicy> gpu;
    private final Comparator<Option> options;
    private final Comparator<PlanOutcome.Fits> nodes;

    ChosenPolicy(Fragmentation.Scores scores, List<GpuPolicy> gpu, NodePolicy node) {
        this.scores = scores;
        this.gpu = gpu;
        this.options = options(gpu);
        this.nodes = nodes(node);
    }

    private Comparator<Option> options(List<GpuPolicy> chain) {
        Comparator<Option> order = BEFORE;
        for (GpuPolicy policy : chain) {
            order = order.thenComparing(
                    switch (policy) {
                        case FRAGMENTATION -> byFragmentation();
                        case BINPACK -> byTaken().reversed();
                        case SPREAD, MUTEX -> byTaken();
                        case FIRST_FIT -> FirstFit.WITHIN_NODE;
                        case NUMA ->
                            Comparator.comparingInt((Option option) ->
                                    before(option).inventory().numaNode());
                    });
        }
        return order.thenComparing(byFragmentation())
                .thenComparing(option -> !(option instanceof Option.Cut cut && cut.idle()))
                .thenComparing(FirstFit.WITHIN_NODE);
    }

    /** Only options of the same sort are ever compared by it. */
    private Comparator<Option> byFragmentation() {
        return Comparator.comparingLong(option -> switch (option) {
            case Option.Cut cut -> scores.cost(cut);
            case Option.Slice slice -> -slice.gpu().takenPermille();
        });
    }

    private static Comparator<Option> byTaken() {
        return Comparator.comparingInt(option -> before(option).takenPermille());
    }

    private static GpuView before(Option option) {
        return switch (option) {
            case Option.Cut cut -> cut.gpu();
            case Option.Slice slice -> slice.gpu();
        };
    }

    private static Comparator<PlanOutcome.Fits> nodes(NodePolicy policy) {
        Comparator<PlanOutcome.Fits> chosen =
                switch (policy) {
                    case FRAGMENTATION -> nodesByFragmentation();
                    case BINPACK -> nodesByTaken().reversed();
                    case SPREAD -> nodesByTaken();
                };
        return NODES_BEFORE
                .thenComparing(chosen)
                .thenComparing(nodesByFragmentation())
                .thenComparingInt(fits -> -fits.cost().idleReused())
                .thenComparingInt(fits -> -fits.cost().takenAfterPermille())
                .thenComparing(PlanOutcome.Fits::node);
    }

    private static Comparator<PlanOutcome.Fits> nodesByFragmentation() {
        return Comparator.comparingLong(fits -> fits.cost().fragmentation());
    }

    private static Comparator<PlanOutcome.Fits> nodesByTaken() {
        return Comparator.comparingInt(fits -> fits.cost().takenAfterPermille());
    }

    @Override
    public Comparator<Option> options() {
        return options;
    }

    @Override
    public Comparator<PlanOutcome.Fits> nodes() {
        return nodes;
    }

    @Override
    public long fragmentation(Option option) {
        return option instanceof Option.Cut cut ? scores.cost(cut) : 0;
    }

    /** A pod's own instances do not count: whether it may put several on one GPU is not what this is about. */
    @Override
    public Optional<Reason> refuses(GpuView view) {
        return gpu.contains(GpuPolicy.MUTEX) && view.users() > 0 ? Optional.of(Reasons.mutex()) : Optional.empty();
    }
}
