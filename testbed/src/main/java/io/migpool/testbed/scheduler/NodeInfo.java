package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A node with the pods that occupy it: bound, assumed or, where they outrank the pod in question, nominated ones. */
record NodeInfo(Node node, List<PodInfo> pods) {

    NodeInfo {
        pods = List.copyOf(pods);
    }

    String name() {
        return node.getMetadata().getName();
    }

    NodeInfo without(Set<String> uids) {
        return new NodeInfo(
                node,
                pods.stream()
                        .filter(Predicate.not(pod -> uids.contains(pod.uid())))
                        .toList());
    }

    NodeInfo with(PodInfo pod) {
        return new NodeInfo(node, Stream.concat(pods.stream(), Stream.of(pod)).toList());
    }

    /** Thousandths of a unit in use, by resource. */
    Map<String, Long> used() {
        var used = new HashMap<String, Long>();
        pods.forEach(pod -> pod.requests().forEach((resource, amount) -> used.merge(resource, amount, Long::sum)));
        return used;
    }

    /** Returns the thousandths of a unit that its pods count with when nodes are compared. */
    long scored(String resource) {
        return pods.stream()
                .mapToLong(pod -> pod.scored().getOrDefault(resource, 0L))
                .sum();
    }

    Map<String, Quantity> allocatable() {
        var status = node.getStatus();
        return status == null || status.getAllocatable() == null ? Map.of() : status.getAllocatable();
    }
}
