package io.migpool.extender.placement;

import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives every pod the policy that its annotations ask for, and where they are silent the cluster's; {@code fragmentation}
 * where that is silent too.
 */
public final class SchedulingPolicies implements PolicySource {

    private static final PolicyChoice DEFAULT =
            PolicyChoice.of("", GpuPolicy.FRAGMENTATION.wireName(), "", NodePolicy.FRAGMENTATION.wireName());

    private static final int MOST_CHOICES = 64;

    private final Fragmentation fragmentation;
    private final PolicyChoice usual;
    private volatile PolicyChoice cluster;

    /** Policies under the scores in force: what rests on one stays good until there is another one. */
    private volatile Chosen chosen;

    /**
     * @param mix the requests observed
     * @param usual what holds for the cluster where {@link #settingsSay nothing else} is said
     */
    public SchedulingPolicies(RequestMix mix, PolicyChoice usual) {
        this.fragmentation = new Fragmentation(mix);
        this.usual = usual.orElse(DEFAULT);
        this.cluster = this.usual;
        this.chosen = new Chosen(fragmentation.scores(), new ConcurrentHashMap<>());
    }

    /** The cluster's settings say this from now on; from the next decision on it holds. */
    public void settingsSay(PolicyChoice choice) {
        cluster = choice.orElse(usual);
    }

    private record Chosen(Fragmentation.Scores scores, Map<PolicyChoice, PlacementPolicy> policies) {}

    /** The same object for the same choice until other scores are in force. */
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
