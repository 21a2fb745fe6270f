package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * The scheduler's view: nodes, the pods bound to them as the watch shows them, pods that it has assumed onto a node
 * before their binding shows, and pods nominated to a node that victims have yet to leave.
 */
final class ClusterState {

    private record Place(String node, PodInfo pod) {}

    // Guards all maps.
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<String, Place> bound = new HashMap<>();
    private final Map<String, Place> assumed = new LinkedHashMap<>();
    private final Map<String, Place> nominated = new LinkedHashMap<>();

    void putNode(Node node) {
        locked(() -> nodes.put(node.getMetadata().getName(), node));
    }

    void removeNode(Node node) {
        locked(() -> nodes.remove(node.getMetadata().getName()));
    }

    /** Records that the watch shows the pod on a node. */
    void putBound(Pod pod) {
        locked(() -> {
            bound.put(pod.getMetadata().getUid(), new Place(pod.getSpec().getNodeName(), PodInfo.of(pod)));
            assumed.remove(pod.getMetadata().getUid());
            nominated.remove(pod.getMetadata().getUid());
        });
    }

    /** Removes a pod that has ended or is gone; returns whether it occupied a node. */
    boolean remove(String uid) {
        lock.lock();
        try {
            assumed.remove(uid);
            nominated.remove(uid);
            return bound.remove(uid) != null;
        } finally {
            lock.unlock();
        }
    }

    void assume(PodInfo pod, String node) {
        locked(() -> {
            nominated.remove(pod.uid());
            if (!bound.containsKey(pod.uid())) {
                assumed.put(pod.uid(), new Place(node, pod));
            }
        });
    }

    void forget(String uid) {
        locked(() -> assumed.remove(uid));
    }

    void nominate(PodInfo pod, String node) {
        locked(() -> nominated.put(pod.uid(), new Place(node, pod)));
    }

    /** Withdraws the pod's nomination. */
    void withdraw(String uid) {
        locked(() -> nominated.remove(uid));
    }

    Optional<String> nomination(String uid) {
        lock.lock();
        try {
            return Optional.ofNullable(nominated.get(uid)).map(Place::node);
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether the pod is bound or assumed to be. */
    boolean isPlaced(String uid) {
        lock.lock();
        try {
            return bound.containsKey(uid) || assumed.containsKey(uid);
        } finally {
            lock.unlock();
        }
    }

    Set<String> readyNodes() {
        lock.lock();
        try {
            return nodes.values().stream()
                    .filter(NodeFilters::isReady)
                    .map(node -> node.getMetadata().getName())
                    .collect(Collectors.toUnmodifiableSet());
        } finally {
            lock.unlock();
        }
    }

    /** Returns all nodes by name, with every pod that counts against the given one. */
    List<NodeInfo> snapshotFor(PodInfo pod) {
        lock.lock();
        try {
            var pods = new HashMap<String, List<PodInfo>>();
            bound.values().forEach(place -> add(pods, place));
            assumed.values().forEach(place -> add(pods, place));
            nominated.values().stream()
                    .filter(place ->
                            !place.pod().uid().equals(pod.uid()) && place.pod().priority() >= pod.priority())
                    .forEach(place -> add(pods, place));
            return nodes.values().stream()
                    .map(node -> new NodeInfo(
                            node, pods.getOrDefault(node.getMetadata().getName(), List.of())))
                    .sorted(Comparator.comparing(NodeInfo::name))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private static void add(Map<String, List<PodInfo>> pods, Place place) {
        pods.computeIfAbsent(place.node(), _ -> new ArrayList<>()).add(place.pod());
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
