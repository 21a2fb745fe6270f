package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Reconciles the pool with the pods: reports which are gone, immediately when the watch says so, and at every sweep, or
 * when the watch has listed all pods, for what it missed (a pod deleted while the agent was down). Without the API
 * server no pod loses anything.
 */
public final class PoolReconciler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(PoolReconciler.class.getName());

    private final InstancePool pool;
    private final Pods pods;
    private final ClaimReader claims;
    private final RuntimeIdentityWriter identityWriter;
    private final BooleanSupplier readable;
    private final Predicate<String> moving;
    private final Loop loop;
    private boolean adopted;
    /** Pods that the last pass left to the watch to report; empty before the first pass. */
    private Optional<Set<String>> leftToWatch = Optional.empty();

    /**
     * @param identityWriter writes back to pods what they were not told before a restart
     * @param readable whether the resource names are known
     * @param moving whether a pod's claim is missing only because its reservation may be changing
     * @param interval time between sweeps
     */
    public PoolReconciler(
            InstancePool pool,
            Pods pods,
            ClaimReader claims,
            RuntimeIdentityWriter identityWriter,
            BooleanSupplier readable,
            Predicate<String> moving,
            Duration interval) {
        this.pool = pool;
        this.pods = pods;
        this.claims = claims;
        this.identityWriter = identityWriter;
        this.readable = readable;
        this.moving = moving;
        this.loop = Loop.of("pool-reconciler", interval, this::pass);
    }

    public void start() {
        loop.start();
    }

    /** Makes one pass, which is retried soon while the watch has not seen all pods. */
    Loop.Next pass() {
        Loop.Next next = reconcile();
        pool.sweepSoon();
        return next;
    }

    private Loop.Next reconcile() {
        // Holders first, so that a pod that starts in between is not mistaken for one that is gone.
        Set<String> holders = new HashSet<>();
        pool.claims().forEach(claim -> holders.add(claim.uid()));
        pool.instances().forEach(instance -> instance.pod().ifPresent(holders::add));
        Optional<List<Pod>> all = pods.all();
        if (all.isEmpty()) {
            return Loop.Next.RETRY_SOON;
        }
        List<Pod> living =
                all.get().stream().filter(pod -> !PodPhase.hasEnded(pod)).toList();
        living.forEach(pod -> holders.remove(pod.getMetadata().getUid()));
        letGo(holders, all.get());
        boolean first = !adopted;
        adopted |= readable.getAsBoolean();
        // A claim that is missing later was removed on purpose, because the pod's reservation is about to change.
        living.stream()
                .filter(pod -> first || pool.claim(pod.getMetadata().getUid()).isPresent())
                .forEach(pod -> byItself(pod.getMetadata().getUid(), () -> adopt(pod)));
        return Loop.Next.AFTER_PAUSE;
    }

    /**
     * Releases pods that are gone. The watch knows best how a pod ended and reports every pod that it has shown, so a
     * faster sweep must not contradict it. It does not report pods that vanished while the agent was down, or that came
     * and went while the watch was re-established: such a pod may have been deleted by force a moment ago.
     */
    private void letGo(Set<String> holders, List<Pod> present) {
        Map<String, Pod> ended = new HashMap<>();
        present.stream()
                .filter(pod -> holders.contains(pod.getMetadata().getUid()))
                .forEach(pod -> ended.put(pod.getMetadata().getUid(), pod));
        Set<String> unseen = new HashSet<>();
        for (String uid : holders) {
            boolean left = leftToWatch.isEmpty() || leftToWatch.get().contains(uid);
            if (!left && !ended.containsKey(uid)) {
                unseen.add(uid);
            } else {
                byItself(uid, () -> letGo(uid, Optional.ofNullable(ended.get(uid))));
            }
        }
        leftToWatch = Optional.of(unseen);
    }

    private void letGo(String uid, Optional<Pod> ended) {
        Duration runsOnFor = ended.map(PodPhase::runsOnFor).orElseGet(() -> runsOnFor(uid));
        if (isReallyGone(uid)) {
            pool.podGone(uid, runsOnFor);
        }
    }

    /**
     * Deals with one pod. Its author writes most of it, so whatever is wrong with it must not keep the others waiting.
     */
    private static void byItself(String uid, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "pod " + uid + " cannot be dealt with; it is tried again in the next pass", e);
        }
    }

    /** Returns how long containers of a pod may keep running that is gone without having been seen to go. */
    private Duration runsOnFor(String uid) {
        return pool.claim(uid).map(claim -> PodPhase.runsOnFor(claim.grace())).orElse(PodPhase.UNKNOWN_RUNS_ON_FOR);
    }

    /** Returns whether a pod is really gone; the watch may lag behind a pod that was read directly. */
    private boolean isReallyGone(String uid) {
        Optional<PodClaim> claim = pool.claim(uid);
        if (claim.isEmpty()) {
            return !moving.test(uid);
        }
        try {
            return pods.read(claim.get().namespace(), claim.get().name())
                    .filter(pod -> uid.equals(pod.getMetadata().getUid()))
                    .filter(pod -> !PodPhase.hasEnded(pod))
                    .isEmpty();
        } catch (ClusterException e) {
            LOG.log(Level.DEBUG, "whether pod " + uid + " is gone is checked again later", e);
            return false;
        }
    }

    private void adopt(Pod pod) {
        Optional<PodClaim> known = pool.claim(pod.getMetadata().getUid());
        Optional<Map<Slice, MigRuntime>> realised = known.flatMap(pool::realised);
        if (realised.isPresent()) {
            // A share is there before any container has got it.
            if (!realised.get().isEmpty() || PodPhase.hasStarted(pod)) {
                identityWriter.writeMissing(pod, realised.get());
            }
            return;
        }
        try {
            PodClaim claim = known.isPresent() ? known.get() : claims.read(pod);
            Map<Slice, MigRuntime> runtimes = new TreeMap<>(claims.writtenBack(pod));
            runtimes.keySet().retainAll(claim.slices());
            // Otherwise it has not started, and gets its claim once it does.
            if (!runtimes.isEmpty() || (claim.slices().isEmpty() && PodPhase.hasStarted(pod))) {
                pool.adopt(claim, runtimes);
            }
        } catch (UnusableReservationException e) {
            LOG.log(
                    Level.DEBUG,
                    "nothing to adopt for pod {0}: {1}",
                    pod.getMetadata().getName(),
                    e.getMessage());
        }
    }

    /**
     * Returns a listener for the watch.
     *
     * @param afterList called when the watch has shown all pods, the first time or after a gap; it must be quick
     */
    public Pods.Listener listener(Runnable afterList) {
        return new Pods.Listener() {
            @Override
            public void changed(Pod pod) {}

            @Override
            public void gone(String uid, Duration runsOnFor) {
                pool.podGone(uid, runsOnFor);
            }

            @Override
            public void listed() {
                loop.wake();
                afterList.run();
            }
        };
    }

    @Override
    public void close() {
        loop.close();
    }
}
