package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.migpool.testbed.pods.NodeAffinity;
import io.migpool.testbed.pods.PodRequests;
import io.migpool.testbed.pods.Tolerations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** What the scheduler's own plugins think of the nodes that a pod could have. */
record NodeScores(Set<ScorePlugin> plugins) {

    private static final long BEST = 100;
    private static final List<String> COMPARED = List.of("cpu", "memory");

    NodeScores {
        plugins = Set.copyOf(plugins);
    }

    /** Returns the sum of each plugin's score of 0 to 100, times its weight, by node. */
    Map<String, Long> of(PodInfo pod, List<NodeInfo> nodes) {
        var scores = new LinkedHashMap<String, Long>();
        nodes.forEach(node -> scores.put(node.name(), 0L));
        for (var plugin : plugins) {
            var given = scores(plugin, pod, nodes);
            for (var index = 0; index < nodes.size(); index++) {
                scores.merge(nodes.get(index).name(), given.get(index) * plugin.weight(), Long::sum);
            }
        }
        return scores;
    }

    private static List<Long> scores(ScorePlugin plugin, PodInfo pod, List<NodeInfo> nodes) {
        return switch (plugin) {
            case NODE_RESOURCES_FIT ->
                nodes.stream().map(node -> leastAllocated(pod, node)).toList();
            case NODE_AFFINITY -> {
                var affinity = new NodeAffinity(pod.pod());
                yield normalised(nodes, node -> affinity.preference(node.node()));
            }
            case TAINT_TOLERATION -> {
                var tolerations = Tolerations.of(pod.pod());
                yield normalised(nodes, node -> unwelcome(node.node(), tolerations)).stream()
                        .map(score -> BEST - score)
                        .toList();
            }
        };
    }

    /** Scales the figures so that the largest becomes 100; if all are 0 they stay so. */
    private static List<Long> normalised(List<NodeInfo> nodes, ToLongFunction<NodeInfo> figure) {
        var figures = nodes.stream().map(figure::applyAsLong).toList();
        var largest = figures.stream().mapToLong(Long::longValue).max().orElse(0);
        return largest == 0
                ? figures
                : figures.stream().map(each -> BEST * each / largest).toList();
    }

    private static long unwelcome(Node node, Tolerations tolerations) {
        if (node.getSpec() == null || node.getSpec().getTaints() == null) {
            return 0;
        }
        return node.getSpec().getTaints().stream()
                .filter(taint -> "PreferNoSchedule".equals(taint.getEffect()))
                .filter(taint -> !tolerations.cover(taint))
                .count();
    }

    /** Returns the percentage of processors and of memory that would be left, in the mean. */
    private static long leastAllocated(PodInfo pod, NodeInfo node) {
        var left = new ArrayList<Long>();
        for (var resource : COMPARED) {
            var offered = node.allocatable().get(resource);
            var allocatable = offered == null ? 0 : PodRequests.thousandths(offered);
            if (allocatable > 0) {
                var free = allocatable - pod.scored().getOrDefault(resource, 0L) - node.scored(resource);
                left.add(Math.max(0, free) * BEST / allocatable);
            }
        }
        return left.isEmpty() ? 0 : left.stream().mapToLong(Long::longValue).sum() / left.size();
    }
}
