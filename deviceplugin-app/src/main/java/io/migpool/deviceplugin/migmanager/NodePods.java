package io.migpool.deviceplugin.migmanager;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.geometry.Occupant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Lists the pods of this node that have not ended, and evicts them. */
final class NodePods {

    private static final String MIRROR = "kubernetes.io/config.mirror";

    /** The pause after a disruption budget has refused to let a pod go. */
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private final Pods pods;
    private final Events events;
    private final InstantSource clock;
    /** When a pod that its disruption budget keeps may be asked again, by uid; used by the thread that evicts. */
    private final Map<String, Instant> kept = new HashMap<>();

    NodePods(Pods pods, Events events, InstantSource clock) {
        this.pods = pods;
        this.events = events;
        this.clock = clock;
    }

    /** Returns a pod's name in messages. */
    static String name(String namespace, String pod) {
        return "pod " + namespace + "/" + pod;
    }

    static String name(Pod pod) {
        return name(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
    }

    /** Returns a pod as an occupant of a device. */
    static Occupant occupant(Pod pod, String deviceUuid) {
        return new Occupant(name(pod), Optional.of(pod.getMetadata().getUid()), deviceUuid);
    }

    Optional<Pod> watched(String uid) {
        return pods.watched(uid);
    }

    Optional<Pod> find(String namespace, String name) {
        return pods.all().orElse(List.of()).stream()
                .filter(pod -> pod.getMetadata().getNamespace().equals(namespace)
                        && pod.getMetadata().getName().equals(name))
                .findFirst();
    }

    /**
     * Returns all pods of this node that have not ended.
     *
     * @throws UnreachableException while not all are known
     */
    List<Pod> living() throws UnreachableException {
        return pods
                .all()
                .orElseThrow(() -> new UnreachableException("the pods of this node have not all been read yet"))
                .stream()
                .filter(pod -> !PodPhase.hasEnded(pod))
                .toList();
    }

    /**
     * Returns whether a pod belongs to the node, static or of a DaemonSet: it comes back by itself, and is never
     * evicted.
     */
    static boolean belongsToNode(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations())
                        .filter(annotations -> annotations.containsKey(MIRROR))
                        .isPresent()
                || pod.getMetadata().getOwnerReferences().stream()
                        .map(OwnerReference::getKind)
                        .anyMatch("DaemonSet"::equals);
    }

    /**
     * Asks pods to leave; one that is leaving already is not asked again, and one that belongs to the node never.
     *
     * @param why the reason as the end of a sentence, for an Event of the pod
     * @return the obstacles as sentences
     * @throws UnreachableException if the API server does not answer
     */
    List<String> evict(List<Pod> leaving, String why) throws UnreachableException {
        Map<Boolean, List<Pod>> byOwner = leaving.stream().collect(Collectors.partitioningBy(NodePods::belongsToNode));
        List<String> inTheWay = new ArrayList<>(restart(byOwner.getOrDefault(false, List.of()), why));
        byOwner.getOrDefault(true, List.of())
                .forEach(pod -> inTheWay.add(
                        name(pod) + " belongs to the node and is not evicted; remove it, or its request for a GPU"));
        return inTheWay;
    }

    /** As {@link #evict}, also for pods that belong to the node: they are to come back. */
    List<String> restart(List<Pod> leaving, String why) throws UnreachableException {
        Instant now = clock.instant();
        kept.values().removeIf(again -> !again.isAfter(now));
        List<String> inTheWay = new ArrayList<>();
        for (Pod pod : leaving) {
            if (pod.getMetadata().getDeletionTimestamp() == null) {
                evict(pod, why).ifPresent(inTheWay::add);
            }
        }
        return inTheWay;
    }

    private Optional<String> evict(Pod pod, String why) throws UnreachableException {
        String uid = pod.getMetadata().getUid();
        try {
            if (kept.containsKey(uid) || !pods.evict(pod)) {
                kept.putIfAbsent(uid, clock.instant().plus(ASK_AGAIN));
                return Optional.of("a disruption budget does not allow the eviction of " + name(pod) + " now");
            }
            events.warnPod(
                    new Events.PodRef(
                            pod.getMetadata().getNamespace(), pod.getMetadata().getName(), Optional.of(uid)),
                    "MigConfigEvicts",
                    "the pod is being evicted: " + why);
            return Optional.empty();
        } catch (ClusterException e) {
            return switch (e.code()) {
                case GONE -> Optional.empty();
                case REFUSED -> Optional.of(name(pod) + " cannot be evicted: " + e.getMessage());
                case UNAVAILABLE, CONFLICT -> throw new UnreachableException(e);
            };
        }
    }
}
