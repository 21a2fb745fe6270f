package io.migpool.contracts.policy;

import io.migpool.contracts.wire.Annotations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Requested policies: a pod's, from its annotations, or the operator's for the cluster.
 *
 * @param gpu policies for GPUs, most important first; empty if unspecified
 * @param node policy for nodes, empty if unspecified
 * @param weights what counts as a full GPU, empty if unspecified
 * @param ignored one sentence for each value that was ignored because it could not be understood; a few, however many
 *     there are
 * @param misunderstood why no decision may be made until the value is corrected; empty if all is understood
 */
public record PolicyChoice(
        List<GpuPolicy> gpu,
        Optional<NodePolicy> node,
        Optional<ScoringWeights> weights,
        List<String> ignored,
        Optional<String> misunderstood) {

    /** An Event and a few lines of kubectl hold no more, and the sentences are kept for every waiting pod. */
    private static final int MOST_SENTENCES = 8;

    /** No policy is specified. */
    public static final PolicyChoice NONE =
            new PolicyChoice(List.of(), Optional.empty(), Optional.empty(), List.of(), Optional.empty());

    public PolicyChoice {
        gpu = List.copyOf(gpu);
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads {@code hami.io/gpu-scheduler-policy}, a list, {@code hami.io/node-scheduler-policy}, one name, and
     * {@code hami.io/device-scoring-weights}. As in HAMi, unknown names are ignored (though reported here), and
     * malformed weights keep the pod waiting; so does a list that is too long.
     */
    public static PolicyChoice fromAnnotations(Map<String, String> annotations) {
        PolicyChoice policies = ofNamespace(annotations);
        String weights = annotations.getOrDefault(Annotations.DEVICE_SCORING_WEIGHTS, "");
        return weights.isBlank() ? policies : policies.with(weights);
    }

    /** Reads the two policies that a namespace sets for its pods. Only pods can set weights. */
    public static PolicyChoice ofNamespace(Map<String, String> annotations) {
        return of(
                Annotations.GPU_SCHEDULER_POLICY,
                annotations.getOrDefault(Annotations.GPU_SCHEDULER_POLICY, ""),
                Annotations.NODE_SCHEDULER_POLICY,
                annotations.getOrDefault(Annotations.NODE_SCHEDULER_POLICY, ""));
    }

    private PolicyChoice with(String text) {
        try {
            return new PolicyChoice(gpu, node, Optional.of(ScoringWeights.parse(text)), ignored, misunderstood);
        } catch (IllegalArgumentException e) {
            return new PolicyChoice(gpu, node, weights, ignored, Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /**
     * Reads two values.
     *
     * @param gpuKey what the first value is called, for messages
     * @param gpuValue policies for GPUs, separated by commas; blank means unspecified
     * @param nodeKey what the second value is called
     * @param nodeValue policy for nodes; blank means unspecified
     */
    public static PolicyChoice of(String gpuKey, String gpuValue, String nodeKey, String nodeValue) {
        MemberList names = MemberList.of(gpuKey, gpuValue);
        List<String> ignored = new ArrayList<>();
        List<GpuPolicy> gpu = new ArrayList<>();
        for (String name : names.members()) {
            Arrays.stream(GpuPolicy.values())
                    .filter(policy -> policy.wireName().equals(name))
                    .findFirst()
                    .ifPresentOrElse(
                            gpu::add,
                            () -> ignored.add(unknown(
                                    gpuKey,
                                    name,
                                    Arrays.stream(GpuPolicy.values()).map(GpuPolicy::wireName))));
        }
        if (ignored.size() > MOST_SENTENCES) {
            String others = "%s: %d more unknown policies ignored".formatted(gpuKey, ignored.size() - MOST_SENTENCES);
            ignored.subList(MOST_SENTENCES, ignored.size()).clear();
            ignored.add(others);
        }
        String name = nodeValue.strip();
        Optional<NodePolicy> node = Arrays.stream(NodePolicy.values())
                .filter(policy -> policy.wireName().equals(name))
                .findFirst();
        if (node.isEmpty() && !name.isEmpty()) {
            ignored.add(
                    unknown(nodeKey, name, Arrays.stream(NodePolicy.values()).map(NodePolicy::wireName)));
        }
        return new PolicyChoice(gpu, node, Optional.empty(), ignored, names.tooLong());
    }

    private static String unknown(String key, String name, Stream<String> known) {
        return "%s: unknown policy '%s' ignored; known policies: %s"
                .formatted(key, new Excerpt(name), known.collect(Collectors.joining(", ")));
    }

    /** Returns this choice, with unspecified parts taken from the other one. */
    public PolicyChoice orElse(PolicyChoice other) {
        return new PolicyChoice(
                gpu.isEmpty() ? other.gpu : gpu,
                node.or(other::node),
                weights.or(other::weights),
                ignored,
                gpu.isEmpty() ? misunderstood.or(other::misunderstood) : misunderstood);
    }
}
