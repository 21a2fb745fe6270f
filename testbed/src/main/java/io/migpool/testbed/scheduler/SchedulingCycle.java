package io.migpool.testbed.scheduler;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** One pod's search for a node: built-in filters, the extender's filter, scores, the choice. Confined to the scheduling thread. */
final class SchedulingCycle {

    private static final Logger LOG = System.getLogger(SchedulingCycle.class.getName());

    private final NodeFilters filters;
    private final Optional<ExtenderClient> extender;
    private final boolean extenderIgnorable;
    private final SchedulerProfile profile;
    private final Random random;
    /** Where the next search begins, so that all nodes get their turn if each search considers only some. */
    private int next;

    SchedulingCycle(
            NodeFilters filters,
            Optional<ExtenderClient> extender,
            boolean extenderIgnorable,
            SchedulerProfile profile,
            long seed) {
        this.filters = filters;
        this.extender = extender;
        this.extenderIgnorable = extenderIgnorable;
        this.profile = profile;
        this.random = new Random(seed);
    }

    /**
     * The result of a search.
     *
     * @param offered nodes that passed the built-in filters
     * @param chosen the node, if any fits
     * @param unfit why others do not fit, by name
     */
    record Found(List<String> offered, Optional<String> chosen, Map<String, Unfit> unfit) {}

    /**
     * Looks for a node.
     *
     * @param nominated the node to which the pod is nominated, which is tried alone first
     * @throws ExtenderException if the extender failed, which fails the whole cycle
     */
    Found search(PodInfo pod, List<NodeInfo> nodes, Optional<String> nominated) throws ExtenderException {
        var alone = nodes.stream()
                .filter(node -> nominated.equals(Optional.of(node.name())))
                .toList();
        if (!alone.isEmpty()) {
            var found = searchAmong(pod, alone, 1);
            if (found.chosen().isPresent()) {
                return found;
            }
        }
        var begin = nodes.isEmpty() ? 0 : Math.floorMod(next, nodes.size());
        var inTurn = new ArrayList<>(nodes.subList(begin, nodes.size()));
        inTurn.addAll(nodes.subList(0, begin));
        return searchAmong(pod, inTurn, profile.nodesToFind(nodes.size()));
    }

    /** Checks one node after another until enough pass. */
    private Found searchAmong(PodInfo pod, List<NodeInfo> nodes, int toFind) throws ExtenderException {
        var unfit = new HashMap<String, Unfit>();
        Map<String, NodeInfo> feasible = new LinkedHashMap<>();
        var looked = 0;
        for (var node : nodes) {
            if (feasible.size() == toFind) {
                break;
            }
            looked++;
            var reason = filters.check(pod, node);
            if (reason.isPresent()) {
                unfit.put(node.name(), reason.get());
            } else {
                feasible.put(node.name(), node);
            }
        }
        next += looked;
        var offered = List.copyOf(feasible.keySet());
        var interested = extender.filter(client -> client.isInterestedIn(pod));
        if (!feasible.isEmpty() && interested.isPresent()) {
            askExtender(interested.get(), pod, feasible, unfit);
        }
        return new Found(offered, choose(pod, List.copyOf(feasible.values()), interested), unfit);
    }

    private void askExtender(
            ExtenderClient client, PodInfo pod, Map<String, NodeInfo> feasible, Map<String, Unfit> unfit)
            throws ExtenderException {
        try {
            var answer = client.filter(pod, List.copyOf(feasible.values()));
            feasible.keySet().retainAll(answer.nodes());
            unfit.putAll(answer.failed());
        } catch (ExtenderException failure) {
            if (!extenderIgnorable) {
                throw failure;
            }
            LOG.log(Level.DEBUG, "Pod {0} goes on without the extender: {1}", pod.name(), failure.text());
        }
    }

    private Optional<String> choose(PodInfo pod, List<NodeInfo> feasible, Optional<ExtenderClient> interested) {
        // With a single node left there is nothing to compare, and kube-scheduler asks for no scores.
        if (feasible.size() < 2) {
            return feasible.stream().findFirst().map(NodeInfo::name);
        }
        var plugins = profile.scores().getOrDefault(PodInfo.schedulerName(pod.pod()), Set.of());
        var scores = new NodeScores(plugins).of(pod, feasible);
        if (interested.isPresent()) {
            try {
                interested
                        .get()
                        .prioritize(pod, feasible)
                        .forEach((node, score) -> scores.computeIfPresent(node, (_, own) -> own + score));
            } catch (ExtenderException failure) {
                LOG.log(Level.DEBUG, "Scores of the extender do not count: {0}", failure.text());
            }
        }
        var best = scores.values().stream().mapToLong(Long::longValue).max().orElse(0);
        var equals = new ArrayList<String>();
        scores.forEach((node, score) -> {
            if (score == best) {
                equals.add(node);
            }
        });
        return Optional.of(equals.get(random.nextInt(equals.size())));
    }
}
