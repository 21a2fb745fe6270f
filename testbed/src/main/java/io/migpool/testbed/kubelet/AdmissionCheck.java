package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.pods.NodeAffinity;
import io.migpool.testbed.pods.PodRequests;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Kubelet's own check of a pod, whatever a scheduler has decided: its room, which is the number of pods and then what
 * kubelet itself measures, then the node's labels. Each names its first failure. The amounts of device plugins are not in
 * it: they have been allocated before.
 *
 * @param capacity what the node has, by resource; what it does not name is not checked
 * @param admitted the pods that occupy the node
 * @param node reads the Node, which may take a while; called only for a pod that demands certain nodes
 */
record AdmissionCheck(Map<String, Quantity> capacity, Supplier<Collection<Pod>> admitted, Supplier<Node> node) {

    private static final String PODS = "pods";
    /** In kubelet's order; it writes processors in thousandths and the others in whole units. */
    private static final List<String> MEASURED = List.of("cpu", "memory", "ephemeral-storage");

    private static final long UNIT = 1000;

    /** Returns why the node has no room for the pod; empty if it has. */
    Optional<Refusal> noRoom(Pod pod) {
        var others = admitted.get().stream()
                .filter(other ->
                        !other.getMetadata().getUid().equals(pod.getMetadata().getUid()))
                .toList();
        var requests = PodRequests.of(pod).thousandths();
        return shortage(PODS, UNIT, others.size() * UNIT).or(() -> MEASURED.stream()
                .map(resource -> shortage(resource, requests.getOrDefault(resource, 0L), used(resource, others)))
                .flatMap(Optional::stream)
                .findFirst());
    }

    /** Returns why the pod demands another node; empty if it does not. To be called without a lock. */
    Optional<Refusal> wrongNode(Pod pod) {
        var affinity = new NodeAffinity(pod);
        return !affinity.demands() || affinity.admits(node.get())
                ? Optional.empty()
                : Optional.of(new Refusal("NodeAffinity", "Predicate NodeAffinity failed: " + NodeAffinity.REFUSAL));
    }

    private static long used(String resource, List<Pod> pods) {
        return pods.stream()
                .mapToLong(pod -> PodRequests.of(pod).thousandths().getOrDefault(resource, 0L))
                .sum();
    }

    private Optional<Refusal> shortage(String resource, long requested, long used) {
        var offered = capacity.get(resource);
        if (offered == null || requested == 0) {
            return Optional.empty();
        }
        var available = PodRequests.thousandths(offered);
        if (requested <= available - used) {
            return Optional.empty();
        }
        var unit = "cpu".equals(resource) ? 1 : UNIT;
        return Optional.of(Refusal.outOf(resource, requested / unit, used / unit, available / unit));
    }
}
