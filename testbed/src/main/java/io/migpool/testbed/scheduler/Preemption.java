package io.migpool.testbed.scheduler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Attempts to make room by removing pods of lower priority. It considers only what the built-in filters count: on a
 * node that only the extender refused, every victim turns out to be unnecessary and the attempt ends in an error.
 */
final class Preemption {

    private final NodeFilters filters;
    private final Optional<ExtenderClient> extender;

    Preemption(NodeFilters filters, Optional<ExtenderClient> extender) {
        this.filters = filters;
        this.extender = extender;
    }

    /** Outcome of an attempt. */
    sealed interface Outcome {

        /** These pods have to leave this node. */
        record Victims(String node, List<PodInfo> pods) implements Outcome {}

        /** Removing pods does not help, so the pod is not nominated; the text becomes part of the pod's message. */
        record Doomed(String text) implements Outcome {}

        /** There is no decision, so an existing nomination stays; the text becomes part of the pod's message. */
        record Undecided(String text) implements Outcome {}
    }

    private sealed interface OnNode {

        record Candidate(List<PodInfo> victims) implements OnNode {}

        record Hopeless(Unfit why) implements OnNode {}

        record Broken(String error) implements OnNode {}
    }

    /**
     * Looks for pods to remove.
     *
     * @param nominated the node to which the pod is already nominated
     */
    Outcome attempt(PodInfo pod, List<NodeInfo> nodes, Map<String, Unfit> unfit, Optional<String> nominated) {
        if ("Never".equals(pod.pod().getSpec().getPreemptionPolicy())) {
            return new Outcome.Undecided("preemption: not eligible due to preemptionPolicy=Never.");
        }
        if (nodes.stream()
                .filter(node -> nominated.equals(Optional.of(node.name())))
                .anyMatch(node -> mayStillHelp(unfit.get(node.name())) && hasVictims(node, pod))) {
            return new Outcome.Undecided("preemption: not eligible due to a terminating pod on the nominated node.");
        }
        var candidates = new TreeMap<String, List<PodInfo>>();
        var hopeless = new ArrayList<Unfit>();
        var errors = new ArrayList<String>();
        for (var node : nodes) {
            var why = unfit.get(node.name());
            if (why == null) {
                continue;
            }
            switch (onNode(pod, node, why)) {
                case OnNode.Candidate(var victims) -> candidates.put(node.name(), victims);
                case OnNode.Hopeless(var reason) -> hopeless.add(reason);
                case OnNode.Broken(var error) -> errors.add(error);
            }
        }
        if (candidates.isEmpty()) {
            return errors.isEmpty()
                    ? new Outcome.Doomed("preemption: " + FailureMessage.of(nodes.size(), hopeless))
                    : new Outcome.Undecided("preemption: " + joined(errors));
        }
        try {
            return choose(discussed(pod, candidates));
        } catch (ExtenderException failure) {
            return new Outcome.Undecided("preemption: " + failure.text());
        }
    }

    private static boolean mayStillHelp(@Nullable Unfit why) {
        return why == null || why.preemptionMayHelp();
    }

    private static boolean hasVictims(NodeInfo node, PodInfo pod) {
        return node.pods().stream().anyMatch(other -> other.priority() < pod.priority() && other.isVictim());
    }

    private OnNode onNode(PodInfo pod, NodeInfo node, Unfit why) {
        if (!why.preemptionMayHelp()) {
            return new OnNode.Hopeless(Unfit.forGood("Preemption is not helpful for scheduling"));
        }
        var lower = node.pods().stream()
                .filter(other -> other.priority() < pod.priority())
                .sorted(Comparator.comparingInt(PodInfo::priority)
                        .reversed()
                        .thenComparing(PodInfo::namespace)
                        .thenComparing(PodInfo::name))
                .toList();
        if (lower.isEmpty()) {
            return new OnNode.Hopeless(Unfit.forGood("No preemption victims found for incoming pod"));
        }
        var left = node.without(lower.stream().map(PodInfo::uid).collect(Collectors.toSet()));
        var stillUnfit = filters.check(pod, left);
        if (stillUnfit.isPresent()) {
            return new OnNode.Hopeless(stillUnfit.get());
        }
        var victims = new ArrayList<PodInfo>();
        for (var spared : lower) {
            var withIt = left.with(spared);
            if (filters.check(pod, withIt).isEmpty()) {
                left = withIt;
            } else {
                victims.add(spared);
            }
        }
        return victims.isEmpty()
                ? new OnNode.Broken("expected at least one victim pod on node \"%s\"".formatted(node.name()))
                : new OnNode.Candidate(victims);
    }

    private Map<String, List<PodInfo>> discussed(PodInfo pod, Map<String, List<PodInfo>> candidates)
            throws ExtenderException {
        var asked = extender.filter(client -> client.discussesPreemption() && client.isInterestedIn(pod));
        if (asked.isEmpty()) {
            return candidates;
        }
        var left = new TreeMap<String, List<PodInfo>>();
        for (var answer : asked.get().preempt(pod, candidates).entrySet()) {
            var offered = candidates.get(answer.getKey());
            if (offered == null) {
                throw new ExtenderException(
                        "extender claims a node \"%s\" that was not offered for preemption".formatted(answer.getKey()));
            }
            var victims = offered.stream()
                    .filter(victim -> answer.getValue().contains(victim.uid()))
                    .toList();
            if (victims.isEmpty()) {
                throw new ExtenderException(
                        "expected at least one victim pod on node \"%s\"".formatted(answer.getKey()));
            }
            left.put(answer.getKey(), victims);
        }
        return left;
    }

    /**
     * Chooses the node whose most important victim has the lowest priority, then the one with the fewest victims, then
     * by name. If the extender left no node, kube-scheduler keeps an existing nomination, unlike when it found none
     * itself.
     */
    private static Outcome choose(Map<String, List<PodInfo>> candidates) {
        return candidates.entrySet().stream()
                .min(Comparator.<Map.Entry<String, List<PodInfo>>>comparingInt(
                                entry -> entry.getValue().getFirst().priority())
                        .thenComparingInt(entry -> entry.getValue().size()))
                .<Outcome>map(entry -> new Outcome.Victims(entry.getKey(), entry.getValue()))
                .orElseGet(() -> new Outcome.Undecided("preemption: no candidate node for preemption"));
    }

    private static String joined(List<String> errors) {
        return errors.size() == 1 ? errors.getFirst() : errors.toString();
    }
}
