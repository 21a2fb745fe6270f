package io.migpool.extender.placement;

/**
 * Gives every pod the policy that its annotations ask for, and where they are silent the cluster's; {@code fragmentation}
 * where that is silent too.
 */
public final class SchedulingPolicies implements PolicySource {

    private static final PolicyChoice DEFAULT =
            PolicyChoice.of("", GpuPolicy.FRAGMENTATION.wireName(), "", NodePolicy.FRAGMENTATION.wireName());

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
                fragmentation.scores(),
                choice.gpu(),
                choice.node().orElse(NodePolicy.FRAGMENTATION),
                choice.weights().orElse(ScoringWeights.EQUAL));
    }
}
