package io.migpool.extender.placement;

import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.extender.pool.GpuView;
import io.migpool.extender.pool.MigGpu;
import io.migpool.extender.pool.Reason;
import io.migpool.extender.pool.Reasons;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A chain of GPU policies, whose order {@link OptionOrder} completes, and a node policy, for one decision.
 */
final class ChosenPolicy implements PlacementPolicy {

    /** Used where nothing is known about links: links then do not influence the order. */
    private static final Comparator<DeviceOption> UNLINKED = (_, _) -> 0;

    /** Policies that restrict the GPUs but do not order them; a chain of only these spreads, as in HAMi. */
    private static final Set<GpuPolicy> NO_ORDER = Set.of(GpuPolicy.MUTEX, GpuPolicy.TOPOLOGY_AWARE);

    private final Fragmentation.Scores scores;
    private final List<GpuPolicy> gpu;
    private final boolean alone;
    private final ScoringWeights weights;
    private final String text;
    private final Comparator<DeviceOption> options;
    private final Comparator<PlanOutcome.Fits> nodes;

    ChosenPolicy(Fragmentation.Scores scores, List<GpuPolicy> gpu, NodePolicy node, ScoringWeights weights) {
        this.scores = scores;
        this.gpu = gpu;
        this.alone = gpu.contains(GpuPolicy.MUTEX);
        this.weights = weights;
        this.text = "nodes by %s, GPUs by %s"
                .formatted(
                        node.wireName(), gpu.stream().map(GpuPolicy::wireName).collect(Collectors.joining(" and ")));
        this.options = options(gpu, UNLINKED);
        this.nodes = new NodeOrder(node);
    }

    private Comparator<DeviceOption> options(List<GpuPolicy> chain, Comparator<DeviceOption> byLinks) {
        List<Comparator<DeviceOption>> rules = new ArrayList<>();
        for (GpuPolicy policy : chain) {
            rules.add(
                    switch (policy) {
                        case FRAGMENTATION -> OptionOrder::byFragmentation;
                        case BINPACK -> byUse().reversed();
                        case SPREAD -> byUse();
                        case FIRST_FIT -> FirstFit.WITHIN_NODE;
                        case MUTEX -> UNLINKED;
                        case NUMA ->
                            Comparator.comparingInt((DeviceOption option) ->
                                    option.gpu().inventory().numaNode());
                        case TOPOLOGY_AWARE -> byLinks;
                    });
        }
        if (NO_ORDER.containsAll(chain)) {
            rules.add(byUse());
        }
        return new OptionOrder(rules);
    }

    private Comparator<DeviceOption> byUse() {
        return Comparator.comparingLong(option -> option.fullness(weights));
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public Comparator<DeviceOption> options() {
        return options;
    }

    @Override
    public Comparator<DeviceOption> options(Supplier<Neighbours> neighbours) {
        if (!gpu.contains(GpuPolicy.TOPOLOGY_AWARE)) {
            return options;
        }
        Neighbours known = neighbours.get();
        return options(gpu, Comparator.comparingLong(option -> switch (option) {
            case DeviceOption.ShareOption share -> -known.worth(share.gpuPosition());
            case DeviceOption.MigOption mig -> 0;
        }));
    }

    @Override
    public Comparator<PlanOutcome.Fits> nodes() {
        return nodes;
    }

    @Override
    public PlacementCosts costs(MigGpu gpu) {
        return scores.of(gpu.board()).costs(gpu.units());
    }

    /** A pod's own instances do not count: whether it may put several on one GPU is decided elsewhere. */
    @Override
    public Optional<Reason> refuses(GpuView view) {
        return alone && view.isUsed() ? Optional.of(Reasons.mutex()) : Optional.empty();
    }

    @Override
    public boolean refusesLike(PlacementPolicy other) {
        return other instanceof ChosenPolicy chosen && chosen.alone == alone;
    }
}
