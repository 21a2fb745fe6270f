package io.migpool.extender.placement;

import java.util.List;
import java.util.Optional;

/**
 * Gives every pod the policy that its annotations ask for, and where they are silent the cluster's; {@code fragmentation}
 * where that is silent too.
 */
public final class SchedulingPolicies implements PolicySource {

    private static final PolicyChoice DEFAULT =
            new PolicyChoice(List.of(GpuPolicy.FRAGMENTATION), Optional.of(NodePolicy.FRAGMENTATION), List.of());

    private final Fragmentation fragmentation;
    private final PolicyChoice cluster;

    /**
     * @param mix the requests observed
     * @param cluster what the operator asks for
     */
    public SchedulingPolicies(RequestMix mix, PolicyChoice cluster) {
        this.fragmentation = new Fragmentation(mix);
        this.cluster = cluster.orElse(DEFAULT);
    }

    @Override
    public PlacementPolicy of(PodDemand pod) {
        PolicyChoice choice = pod.policies().orElse(cluster);
        return new ChosenPolicy(
                fragmentation.scores(), choice.gpu(), choice.node().orElse(NodePolicy.FRAGMENTATION));
    }
}
