package io.migpool.testbed.scheduler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Attempts to make room by removing pods of lower priority. It considers only what the built-in filters count: on a
 * node that only the extender refused, every victim turns out to be unnecessary and the attempt ends in an error.
 */
final class Preemption {

    private static final Comparator<PodInfo> IMPORTANCE = Comparator.comparingInt(PodInfo::priority)
            .reversed()
            .thenComparing(PodInfo::namespace)
            .thenComparing(PodInfo::name);

    private final NodeFilters filters;
    private final Optional<ExtenderClient> extender;
    private final DisruptionBudgets budgets;

    Preemption(NodeFilters filters, Optional<ExtenderClient> extender, DisruptionBudgets budgets) {
        this.filters = filters;
        this.extender = extender;
        this.budgets = budgets;
    }

    /** Outcome of an attempt. */
    sealed interface Outcome {

        /** These pods have to leave this node. */
        record Room(String node, List<PodInfo> victims) implements Outcome {}

        /** Removing pods does not help, so the pod is not nominated; the text becomes part of the pod's message. */
        record Doomed(String text) implements Outcome {}

        /** There is no decision, so an existing nomination stays; the text becomes part of the pod's message. */
        record Undecided(String text) implements Outcome {}
    }

    private sealed interface OnNode {

        record Candidate(Victims victims) implements OnNode {}

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
        var candidates = new TreeMap<String, Victims>();
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
                .sorted(IMPORTANCE)
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
        var violating = budgets.violatedBy(lower);
        for (var spared : guardedFirst(lower, violating)) {
            var withIt = left.with(spared);
            if (filters.check(pod, withIt).isEmpty()) {
                left = withIt;
            } else {
                victims.add(spared);
            }
        }
        return victims.isEmpty()
                ? new OnNode.Broken("expected at least one victim pod on node \"%s\"".formatted(node.name()))
                : new OnNode.Candidate(victims(victims, violating));
    }

    private static List<PodInfo> guardedFirst(List<PodInfo> pods, Set<String> violating) {
        return pods.stream()
                .sorted(Comparator.comparing(pod -> !violating.contains(pod.uid())))
                .toList();
    }

    private static Victims victims(List<PodInfo> pods, Set<String> violating) {
        var against = pods.stream().filter(pod -> violating.contains(pod.uid())).count();
        return new Victims(pods.stream().sorted(IMPORTANCE).toList(), (int) against);
    }

    private Map<String, Victims> discussed(PodInfo pod, Map<String, Victims> candidates) throws ExtenderException {
        var asked = extender.filter(client -> client.discussesPreemption() && client.isInterestedIn(pod));
        if (asked.isEmpty()) {
            return candidates;
        }
        var left = new TreeMap<String, Victims>();
        for (var answer : asked.get().preempt(pod, candidates).entrySet()) {
            var offered = candidates.get(answer.getKey());
            if (offered == null) {
                throw new ExtenderException(
                        "extender claims a node \"%s\" that was not offered for preemption".formatted(answer.getKey()));
            }
            var victims = offered.pods().stream()
                    .filter(victim -> answer.getValue().uids().contains(victim.uid()))
                    .toList();
            if (victims.isEmpty()) {
                throw new ExtenderException(
                        "expected at least one victim pod on node \"%s\"".formatted(answer.getKey()));
            }
            left.put(answer.getKey(), new Victims(victims, answer.getValue().violations()));
        }
        return left;
    }

    /**
     * Chooses the node with the fewest violated budgets, then the one whose most important victim has the lowest priority,
     * then the one whose victims have the lowest priorities in sum, then the one with the fewest, then by name. If the
     * extender left no node, kube-scheduler keeps an existing nomination, unlike when it found none itself.
     */
    private static Outcome choose(Map<String, Victims> candidates) {
        return candidates.entrySet().stream()
                .min(Map.Entry.comparingByValue(Comparator.comparingInt(Victims::violations)
                        .thenComparingInt(Victims::highestPriority)
                        .thenComparingLong(Victims::weight)
                        .thenComparingInt(victims -> victims.pods().size())))
                .<Outcome>map(entry ->
                        new Outcome.Room(entry.getKey(), entry.getValue().pods()))
                .orElseGet(() -> new Outcome.Undecided("preemption: no candidate node for preemption"));
    }

    private static String joined(List<String> errors) {
        return errors.size() == 1 ? errors.getFirst() : errors.toString();
    }
}
