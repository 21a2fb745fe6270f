package io.migpool.testbed.scheduler;

import java.util.Collection;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Builds the message for a pod that fits nowhere: {@code 0/3 nodes are available: 1 <reason>, 2 <reason>.}, counted by
 * distinct reason.
 */
final class FailureMessage {

    private FailureMessage() {}

    static String of(int nodes, Collection<Unfit> unfit) {
        if (nodes == 0) {
            return "no nodes available to schedule pods";
        }
        var counts = new TreeMap<String, Integer>();
        unfit.forEach(node -> node.reasons().forEach(reason -> counts.merge(reason, 1, Integer::sum)));
        var head = "0/%d nodes are available:".formatted(nodes);
        if (counts.isEmpty()) {
            return head;
        }
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .sorted()
                .collect(Collectors.joining(", ", head + " ", "."));
    }
}
