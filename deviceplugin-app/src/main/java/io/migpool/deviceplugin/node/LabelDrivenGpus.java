package io.migpool.deviceplugin.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
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
 * Which GPUs of this node follow its label instead of the pool. A GPU changes hands as a whole: to the label when no pod of the
 * pool holds anything on it, back to the pool when no pod has a device of it and its layout is not being changed.
 */
public final class LabelDrivenGpus {

    private final InstancePool pool;
    private final Pods pods;
    private final ClaimReader claims;
    private final ForeignUse foreignUse;
    /** Held while layouts are changed; no GPU goes back to the pool meanwhile. */
    private final ReentrantLock changing = new ReentrantLock();
    /** GPUs that configuration gave to the label, by UUID. */
    private final ConcurrentHashMap<String, Custody> custody = new ConcurrentHashMap<>();

    /** GPUs of which it is known who had them when we came. */
    private final Set<String> lookedAt = ConcurrentHashMap.newKeySet();

    /** How far a GPU has come from the pool to the label. */
    private enum Custody {
        /** Pods of the pool hold something on it. */
        AWAITED,
        /** The pool has left it. */
        LEFT
    }

    private volatile Users users = Users.NONE;
    private volatile Predicate<String> unfinished = _ -> false;
    private volatile boolean decided;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Whoever gives devices of label-driven GPUs to pods. */
    public interface Users {

        /** Nobody that is known here. */
        Users NONE = new Users() {
            @Override
            public boolean leave(String gpuUuid) {
                return true;
            }

            @Override
            public void comeBack(String gpuUuid) {}
        };

        /** Gives nothing of that GPU to further pods; true once no pod has anything of it. May be repeated. */
        boolean leave(String gpuUuid);

        /** The GPU follows the label again. */
        void comeBack(String gpuUuid);
    }

    /** Pods that have GPUs otherwise than from the pool, as somebody knows who outlives us. */
    @FunctionalInterface
    public interface ForeignUse {

        /**
         * Whether a pod has that GPU, or a part of it.
         *
         * @throws IOException if it cannot be told
         */
        boolean has(String gpuUuid) throws IOException;
    }

    public LabelDrivenGpus(InstancePool pool, Pods pods, ClaimReader claims, ForeignUse foreignUse) {
        this.foreignUse = foreignUse;
        this.pool = pool;
        this.pods = pods;
        this.claims = claims;
    }

    /** Names who gives devices to pods; before the first GPU is given. */
    public void usedBy(Users giving) {
        users = giving;
    }

    /**
     * Names who changes layouts; before the first GPU is given.
     *
     * @param changes whether a change of the GPU with that UUID has been begun and has not come to an end; asked while
     *     {@link #changing} is held
     */
    public void changedBy(Predicate<String> changes) {
        unfinished = changes;
    }

    /** Whether configuration and driver have said which GPUs there are and whose; not so for a while after the start. */
    public boolean areDecided() {
        return decided;
    }

    /** UUIDs of GPUs that are the label's alone. */
    public Set<String> free() {
        Set<String> free = new TreeSet<>();
        custody.forEach((gpu, state) -> {
            if (state == Custody.LEFT) {
                free.add(gpu);
            }
        });
        return free;
    }

    /** UUIDs of GPUs that are to follow the label and that the pool has not left yet. */
    public Set<String> awaited() {
        Set<String> awaited = new TreeSet<>(custody.keySet());
        awaited.removeAll(free());
        return awaited;
    }

    /**
     * The pods that hold something of the pool on a GPU, or have it reserved and will start.
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
            return found.values().stream().filter(claim -> claim.uses(gpuUuid)).toList();
        });
    }

    private Optional<PodClaim> claim(Pod pod) {
        try {
            return Optional.of(claims.read(pod));
        } catch (UnusableReservationException e) {
            // It holds nothing; that is told when it starts a container.
            return Optional.empty();
        }
    }

    /** To be held while the layout of a free GPU is changed. */
    public Lock changing() {
        return changing;
    }

    /** Calls the listener when a GPU has changed hands; it must be quick. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Every GPU of the node has been looked at, with the configuration that counts. */
    void decided() {
        if (!decided) {
            decided = true;
            listeners.forEach(Runnable::run);
        }
    }

    /** Whether configuration gave a GPU to the label. */
    public boolean has(String gpuUuid) {
        return custody.containsKey(gpuUuid);
    }

    /** Configuration gives a GPU to the label; true once the pool has left it. */
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

    /** Whether the pool has a GPU, as far as that is known without asking anyone. */
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
     * Configuration gives a GPU to the pool. Blocks for driver calls unless it {@link #isPools} already.
     *
     * @return false while pods have devices of it, or its layout is changed
     * @throws IOException if it cannot be told whether pods have devices of it
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
     * It may have been forgotten, with the last agent, that a GPU was the label's. It is until pods that have it are gone, and a
     * change of it has come to an end.
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
            if (!pool.handOver(gpuUuid)) {
                return true;
            }
            custody.put(gpuUuid, Custody.LEFT);
            listeners.forEach(Runnable::run);
        }
        lookedAt.add(gpuUuid);
        return left;
    }
}
