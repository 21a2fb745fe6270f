package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.cluster.PodKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** Preemption as the scheduler does it: it asks about victims on every node, and evicts those of one node that is kept. */
final class Preemptions {

    private final BindingServer api;
    private final List<String> nodes;
    private final PodLives lives;
    private int kept;
    private int dropped;

    Preemptions(BindingServer api, List<String> nodes, PodLives lives) {
        this.api = api;
        this.nodes = nodes;
        this.lives = lives;
    }

    /** Returns how many nodes were kept. */
    int kept() {
        return kept;
    }

    /** Returns how many nodes were not kept. */
    int dropped() {
        return dropped;
    }

    /**
     * Asks a replica that knows all there is to know about random victims, and nominates the pod to one of the nodes that it
     * keeps. If the victims leave at once and nothing else happens, the pod must fit there; else they are on their way.
     */
    void preempt(Replica replica, Pod pod, Random random) {
        replica.catchUpWithTheApiServer();
        boolean onItsWay = replica.scheduling
                .state(pod)
                .filter(state -> state != Hold.State.HELD)
                .isPresent();
        if (onItsWay || api.nodeOf(pod).isPresent()) {
            return;
        }
        Map<String, List<Pod>> victims = victims(random);
        List<Hold> before = replica.scheduling.book.all();
        List<String> helping = replica.scheduling.preemption.nodesThatHelp(pod, uids(victims)).stream()
                .sorted()
                .toList();
        assertThat(replica.scheduling.book.all()).as("holds").isEqualTo(before);
        kept += helping.size();
        dropped += victims.size() - helping.size();
        if (helping.isEmpty()) {
            return;
        }
        String node = helping.get(random.nextInt(helping.size()));
        List<Pod> leaving = victims.getOrDefault(node, List.of());
        Pod nominated = lives.nominate(pod, node);
        if (random.nextBoolean()) {
            leaving.forEach(lives::evict);
            replica.catchUpWithTheApiServer();
            assertThat(replica.scheduling.filter(nominated, node))
                    .as("%s on %s after %d have left", PodKey.of(pod.getMetadata()), node, leaving.size())
                    .isInstanceOfSatisfying(FilterOutcome.Placed.class, placed -> assertThat(placed.nodes())
                            .containsExactly(node));
        } else {
            leaving.forEach(lives::terminate);
        }
    }

    private Map<String, List<Pod>> victims(Random random) {
        Map<String, List<Pod>> victims = new TreeMap<>();
        nodes.forEach(node -> victims.put(node, new ArrayList<>()));
        for (Pod other : lives.live()) {
            if (random.nextBoolean()) {
                api.nodeOf(other).ifPresent(node -> victims.computeIfAbsent(node, any -> new ArrayList<>())
                        .add(other));
            }
        }
        return victims;
    }

    private static Map<String, Set<String>> uids(Map<String, List<Pod>> victims) {
        Map<String, Set<String>> uids = new HashMap<>();
        victims.forEach((node, pods) -> {
            Set<String> ofNode = new HashSet<>();
            pods.forEach(pod -> ofNode.add(pod.getMetadata().getUid()));
            uids.put(node, ofNode);
        });
        return uids;
    }
}
