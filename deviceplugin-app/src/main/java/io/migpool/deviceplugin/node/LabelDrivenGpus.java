package io.migpool.deviceplugin.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.UnusableReservationException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The GPUs of this node that follow its label instead of the pool. A GPU changes hands as a whole: to the label when no
 * pod of the pool holds anything on it, back to the pool when no pod has a device of it and its layout is not being
 * changed.
 */
public final class LabelDrivenGpus {

    private final InstancePool pool;
    private final Pods pods;
    private final ClaimReader claims;
    private final ForeignUse foreignUse;
    /** Held while layouts are changed, so that no GPU returns to the pool meanwhile. */
    private final ReentrantLock changing = new ReentrantLock();
    /** GPUs that configuration gave to the label, by UUID. */
    private final ConcurrentHashMap<String, Custody> custody = new ConcurrentHashMap<>();

    /** GPUs whose owner at the start of the agent is known. */
    private final Set<String> lookedAt = ConcurrentHashMap.newKeySet();
    /** GPUs that the pool was asked to hand over at the start; it may do so late. */
    private final Set<String> askedToHandOver = ConcurrentHashMap.newKeySet();

    /** Stages of a GPU's way from the pool to the label. */
    private enum Custody {
        /** Pods of the pool hold something on it. */
        AWAITED,
        /** The pool has left it. */
        LEFT
    }

    private volatile Users users = Users.NONE;
    private volatile Predicate<String> unfinished = _ -> false;
    private volatile Set<String> decided = Set.of();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** The component that gives devices of label-driven GPUs to pods. */
    public interface Users {

        /** For nodes on which this agent gives no such devices. */
        Users NONE = new Users() {
            @Override
            public boolean leave(String gpuUuid) {
                return true;
            }

            @Override
            public void comeBack(String gpuUuid) {}
        };

        /** Stops giving devices of a GPU to further pods; returns true once no pod has any. May be repeated. */
        boolean leave(String gpuUuid);

        /** Resumes giving devices of a GPU, which follows the label again. */
        void comeBack(String gpuUuid);
    }

    /** Knows which pods have GPUs from elsewhere than the pool, from a source that outlives the agent. */
    @FunctionalInterface
    public interface ForeignUse {

        /**
         * Returns whether a pod has that GPU or a part of it.
         *
         * @throws IOException if that cannot be determined
         */
        boolean has(String gpuUuid) throws IOException;
    }

    public LabelDrivenGpus(InstancePool pool, Pods pods, ClaimReader claims, ForeignUse foreignUse) {
        this.foreignUse = foreignUse;
        this.pool = pool;
        this.pods = pods;
        this.claims = claims;
    }

    /** Sets the component that gives devices to pods. To be called before the first GPU is given. */
    public void usedBy(Users giving) {
        users = giving;
    }

    /**
     * Sets the source of unfinished changes. To be called before the first GPU is given.
     *
     * @param changes returns whether a change of the GPU with that UUID is unfinished; called while {@link #changing}
     *     is held
     */
    public void changedBy(Predicate<String> changes) {
        unfinished = changes;
    }

    /** Returns whether it is known which GPUs there are and whose they are; false for a while after the start. */
    public boolean areDecided() {
        return !decided.isEmpty();
    }

    /**
     * Whose GPUs are, by UUID.
     *
     * @param free those of the label alone
     * @param awaited those that are to follow the label but that the pool has not left yet
     * @param others those of the pool or of nobody
     */
    public record Division(Set<String> free, Set<String> awaited, Set<String> others) {}

    /** Returns whose the GPUs are; one about which nothing is decided yet is missing. */
    public Division division() {
        // Read first: a GPU is in custody before it counts as decided.
        Set<String> others = new TreeSet<>(decided);
        Map<String, Custody> given = Map.copyOf(custody);
        others.removeAll(given.keySet());
        return new Division(in(given, Custody.LEFT), in(given, Custody.AWAITED), others);
    }

    private static Set<String> in(Map<String, Custody> given, Custody stage) {
        Set<String> gpus = new TreeSet<>(given.keySet());
        gpus.removeIf(gpu -> given.get(gpu) != stage);
        return gpus;
    }

    /** Returns the UUIDs of GPUs that belong to the label alone. */
    public Set<String> free() {
        return division().free();
    }

    /** Returns the UUIDs of GPUs that are to follow the label but that the pool has not left yet. */
    public Set<String> awaited() {
        return division().awaited();
    }

    /**
     * Returns the pods that hold something of the pool on a GPU, or have it reserved and will start, or are gone while
     * their containers may still run.
     *
     * @return empty while the pods of this node are not all known
     */
    public Optional<List<PodClaim>> podsOn(String gpuUuid) {
        return pods.all().map(bound -> {
            Map<String, PodClaim> found = new TreeMap<>();
            bound.stream()
                    .filter(pod -> !PodPhase.hasEnded(pod))
                    .flatMap(pod -> claim(pod).stream())
                    .forEach(claim -> found.put(claim.uid(), claim));
            pool.claims().forEach(claim -> found.put(claim.uid(), claim));
            pool.leaving().forEach(claim -> found.put(claim.uid(), claim));
            return found.values().stream().filter(claim -> claim.uses(gpuUuid)).toList();
        });
    }

    private Optional<PodClaim> claim(Pod pod) {
        try {
            return Optional.of(claims.read(pod));
        } catch (UnusableReservationException e) {
            // It holds nothing; the problem is reported when it starts a container.
            return Optional.empty();
        }
    }

    /** Returns the lock to hold while the layout of a free GPU is changed. */
    public Lock changing() {
        return changing;
    }

    /** Calls the listener when a GPU has changed hands; it must be quick. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Records that these GPUs, all of the node, have been decided on with the settled configuration. */
    void decided(Set<String> gpuUuids) {
        boolean first = !areDecided();
        decided = Set.copyOf(gpuUuids);
        if (first) {
            listeners.forEach(Runnable::run);
        }
    }

    /** Returns whether configuration gave a GPU to the label. */
    public boolean has(String gpuUuid) {
        return custody.containsKey(gpuUuid);
    }

    /** Gives a GPU to the label, as configured; returns true once the pool has left it. */
    boolean give(String gpuUuid) {
        users.comeBack(gpuUuid);
        boolean wasLeft = custody.get(gpuUuid) == Custody.LEFT;
        boolean left = wasLeft || (podsOn(gpuUuid).filter(List::isEmpty).isPresent() && pool.handOver(gpuUuid));
        Custody now = left ? Custody.LEFT : Custody.AWAITED;
        if (custody.put(gpuUuid, now) != now) {
            listeners.forEach(Runnable::run);
        }
        return left;
    }

    /** Returns whether the pool has a GPU, as far as is known without any call. */
    boolean isPools(String gpuUuid) {
        if (custody.containsKey(gpuUuid)) {
            return false;
        }
        if (pool.claims().stream().anyMatch(claim -> claim.uses(gpuUuid))) {
            lookedAt.add(gpuUuid);
        }
        return lookedAt.contains(gpuUuid);
    }

    /**
     * Gives a GPU to the pool, as configured. Blocks for driver calls unless it {@link #isPools} already.
     *
     * @return false while pods have devices of it, or its layout is changed
     * @throws IOException if it cannot be determined whether pods have devices of it
     */
    boolean takeBack(String gpuUuid) throws IOException {
        return custody.containsKey(gpuUuid) ? isBack(gpuUuid) : isPools(gpuUuid) || !wasLeftBefore(gpuUuid);
    }

    private boolean isBack(String gpuUuid) throws IOException {
        if (!changing.tryLock()) {
            return false;
        }
        try {
            if (!users.leave(gpuUuid)
                    || unfinished.test(gpuUuid)
                    || foreignUse.has(gpuUuid)
                    || !pool.takeBack(gpuUuid)) {
                return false;
            }
            custody.remove(gpuUuid);
        } finally {
            changing.unlock();
        }
        listeners.forEach(Runnable::run);
        return true;
    }

    /**
     * Returns whether a GPU was the label's under an earlier agent, which nothing records. It remains the label's while
     * a pod has it or a change of it is unfinished.
     */
    private boolean wasLeftBefore(String gpuUuid) throws IOException {
        if (!changing.tryLock()) {
            return true;
        }
        boolean left;
        try {
            left = unfinished.test(gpuUuid) || foreignUse.has(gpuUuid);
        } finally {
            changing.unlock();
        }
        if (left) {
            askedToHandOver.add(gpuUuid);
            if (!pool.handOver(gpuUuid)) {
                return true;
            }
            custody.put(gpuUuid, Custody.LEFT);
            listeners.forEach(Runnable::run);
        } else if (askedToHandOver.contains(gpuUuid) && !pool.takeBack(gpuUuid)) {
            return true;
        }
        lookedAt.add(gpuUuid);
        return left;
    }
}
