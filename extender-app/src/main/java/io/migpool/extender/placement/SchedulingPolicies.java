package io.migpool.extender.placement;

import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import io.migpool.extender.pool.PodDemand;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives every pod the policy that its annotations ask for, else the one of the cluster's settings, else
 * the default given at construction, else {@code fragmentation}.
 */
public final class SchedulingPolicies implements PolicySource {

    private static final PolicyChoice DEFAULT =
            PolicyChoice.of("", GpuPolicy.FRAGMENTATION.wireName(), "", NodePolicy.FRAGMENTATION.wireName());

    private static final int MOST_CHOICES = 64;

    private final Fragmentation fragmentation;
    private final PolicyChoice usual;
    private volatile PolicyChoice cluster;

    /** Policies under the current scores: results that rest on one stay valid until it is replaced. */
    private volatile Chosen chosen;

    /**
     * @param mix the requests observed
     * @param usual what holds for the cluster where {@link #setClusterPolicy nothing else} is said
     */
    public SchedulingPolicies(RequestMix mix, PolicyChoice usual) {
        this.fragmentation = new Fragmentation(mix);
        this.usual = usual.orElse(DEFAULT);
        this.cluster = this.usual;
        this.chosen = new Chosen(fragmentation.scores(), new ConcurrentHashMap<>());
    }

    /** Sets the cluster's choice; it applies from the next decision on. */
    public void setClusterPolicy(PolicyChoice choice) {
        cluster = choice.orElse(usual);
    }

    private record Chosen(Fragmentation.Scores scores, Map<PolicyChoice, PlacementPolicy> policies) {}

    /** Returns the same object for the same choice until the scores change. */
    @Override
    public PlacementPolicy of(PodDemand pod) {
        PolicyChoice choice = pod.policies().orElse(cluster);
        Fragmentation.Scores scores = fragmentation.scores();
        Chosen known = chosen;
        if (known.scores() != scores || known.policies().size() >= MOST_CHOICES) {
            known = new Chosen(scores, new ConcurrentHashMap<>());
            chosen = known;
        }
        return known.policies()
                .computeIfAbsent(
                        choice,
                        due -> new ChosenPolicy(
                                scores,
                                due.gpu(),
                                due.node().orElse(NodePolicy.FRAGMENTATION),
                                due.weights().orElse(ScoringWeights.EQUAL)));
    }
}
