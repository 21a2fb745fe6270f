package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.migpool.extender.KubernetesObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pods that come, complete, are evicted and go. The API server knows at once, the replicas when their watches deliver. */
final class PodLives {

    private static final int MOST_PODS = 40;
    private static final List<String> SIZES = List.of("5000", "9000", "18000", "30000", "70000");

    private final BindingServer api;
    private final Taken taken;
    private final Consumer<Consumer<Replica>> watches;

    /** Neither completed nor terminating; at the API server they may be bound. */
    private final List<Pod> live = new ArrayList<>();

    private final List<Pod> completed = new ArrayList<>();
    private final List<Pod> terminating = new ArrayList<>();
    private @Nullable Pod lastDeleted;
    private int created;

    /**
     * @param taken is told of pods that end
     * @param watches takes what the watches of pods are to deliver
     */
    PodLives(BindingServer api, Taken taken, Consumer<Consumer<Replica>> watches) {
        this.api = api;
        this.taken = taken;
        this.watches = watches;
    }

    /** Returns the live pods, waiting and bound. */
    List<Pod> live() {
        return List.copyOf(live);
    }

    /** Returns a live pod. */
    Optional<Pod> any(Random random) {
        return live.isEmpty() ? Optional.empty() : Optional.of(live.get(random.nextInt(live.size())));
    }

    /** Returns a pod about which the scheduler asks: a live one, or one that is gone, which it has not seen yet. */
    Optional<Pod> anyKnownToTheScheduler(Random random) {
        return random.nextInt(20) == 0 ? lastDeleted() : any(random);
    }

    Optional<Pod> lastDeleted() {
        return Optional.ofNullable(lastDeleted);
    }

    /** Creates a pod, unless there are enough. */
    void create(Random random) {
        if (live.size() >= MOST_PODS) {
            return;
        }
        // Names are reused, as a StatefulSet does; UIDs are not.
        String name = "p" + created % (2 * MOST_PODS);
        if (api.pods.containsKey("default/" + name)) {
            return;
        }
        Pod wanted = KubernetesObjects.pod(
                name,
                "gpu",
                Integer.toString(1 + random.nextInt(2)),
                "gpumem",
                SIZES.get(random.nextInt(SIZES.size())),
                "gpucores",
                Integer.toString(10 * random.nextInt(5)));
        live.add(put(new PodBuilder(random.nextInt(4) > 0 ? wanted : KubernetesObjects.withEarlierReservation(wanted))
                .editMetadata()
                .withUid("uid-" + created++)
                .endMetadata()
                .build()));
    }

    private Pod put(Pod pod) {
        Pod stored = api.put(pod);
        watches.accept(replica -> replica.putPod(stored));
        return stored;
    }

    /** Deletes a pod that lives, has completed or is terminating. */
    void end(Random random) {
        List<Pod> some =
                switch (random.nextInt(8)) {
                    case 0, 1 -> completed;
                    case 2, 3 -> terminating;
                    default -> live;
                };
        if (!some.isEmpty()) {
            end(some.remove(random.nextInt(some.size())));
        }
    }

    private void end(Pod pod) {
        lastDeleted = pod;
        api.delete(pod);
        taken.free(pod.getMetadata().getUid());
        watches.accept(replica -> replica.forget(pod));
    }

    /** Deletes all pods. */
    void endAll() {
        for (List<Pod> some : List.of(live, completed, terminating)) {
            some.forEach(this::end);
            some.clear();
        }
    }

    /** Lets a bound pod end by itself; it stays at the API server until it is deleted. */
    void complete(Random random) {
        Pod pod = any(random).orElse(null);
        Pod present = pod == null ? null : api.current(pod).orElse(null);
        if (present == null || present.getSpec().getNodeName() == null) {
            return;
        }
        live.remove(pod);
        completed.add(put(new PodBuilder(present)
                .withNewStatus()
                .withPhase(random.nextBoolean() ? "Succeeded" : "Failed")
                .endStatus()
                .build()));
        taken.free(present.getMetadata().getUid());
    }

    /** Deletes a live pod at once. */
    void evict(Pod pod) {
        live.remove(pod);
        end(pod);
    }

    /** Deletes a live pod, which keeps what it has until it is gone. */
    void terminate(Pod pod) {
        live.remove(pod);
        terminating.add(put(new PodBuilder(api.current(pod).orElseThrow())
                .editMetadata()
                .withDeletionTimestamp(api.now().toString())
                .endMetadata()
                .build()));
    }

    /** Writes into a live pod for which node others are evicted; returns it as it is then. */
    Pod nominate(Pod pod, String node) {
        Pod nominated = put(new PodBuilder(api.current(pod).orElseThrow())
                .withNewStatus()
                .withNominatedNodeName(node)
                .endStatus()
                .build());
        live.set(live.indexOf(pod), nominated);
        return nominated;
    }
}
