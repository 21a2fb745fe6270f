package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.runtime.log.Decision;
import io.migpool.runtime.time.BackOff;
import io.migpool.runtime.time.Loop;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Pods whose placement is blocked and for which this node has no equivalent. Those that a controller would recreate are
 * evicted after a time, so that the scheduler finds them another node; the others are left to their users.
 */
public final class BlockedPods implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(BlockedPods.class.getName());
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(10);
    /** A disruption budget may prevent the eviction of a pod for as long as it lasts. */
    private static final BackOff RETRIES = new BackOff(Duration.ofSeconds(1), Duration.ofMinutes(5));

    private final Pods pods;
    private final InstancePool pool;
    private final Events events;
    private final Supplier<Duration> evictAfter;
    private final InstantSource clock;
    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
    private final Loop loop;

    /**
     * A pod that waits for its place.
     *
     * @param since when it was first blocked
     * @param failures what has become of the attempts to evict it
     */
    private record Waiting(PodClaim claim, BooleanSupplier still, Instant since, Failures failures) {

        Waiting blockedAgain(Waiting now) {
            return new Waiting(now.claim, now.still, since, failures);
        }

        Waiting failed(Instant now, boolean byBudget) {
            return new Waiting(claim, still, since, failures.oneMore(now, byBudget));
        }
    }

    /**
     * The failed attempts to evict a pod.
     *
     * @param pause pause before the next attempt; zero before the first
     * @param next when that is due
     * @param byBudget whether a disruption budget has prevented one
     */
    private record Failures(Duration pause, Instant next, boolean byBudget) {

        static final Failures NONE = new Failures(Duration.ZERO, Instant.MIN, false);

        Failures oneMore(Instant now, boolean nowByBudget) {
            Duration longer = pause.isZero() ? RETRIES.first() : RETRIES.after(pause);
            return new Failures(longer, now.plus(longer), byBudget || nowByBudget);
        }
    }

    /** @param evictAfter how long a pod waits for its place before it is evicted; read at each check */
    public BlockedPods(
            Pods pods, InstancePool pool, Events events, Supplier<Duration> evictAfter, InstantSource clock) {
        this.pods = pods;
        this.pool = pool;
        this.events = events;
        this.evictAfter = evictAfter;
        this.clock = clock;
        this.loop = Loop.of("blocked-pods", pause(evictAfter.get()), this::evictOverdue);
    }

    /** Returns a pause above zero, even if the time to eviction is zero. */
    private static Duration pause(Duration patience) {
        if (patience.compareTo(SHORTEST_PAUSE) < 0) {
            return SHORTEST_PAUSE;
        }
        return patience.compareTo(LOOK_INTERVAL) < 0 ? patience : LOOK_INTERVAL;
    }

    public void start() {
        loop.start();
    }

    /**
     * Records that a pod could not start because nothing here is equivalent to its placement. Its time counts from the
     * first call.
     *
     * @param still whether its placement is still blocked; called when its time is over, because its next start may be
     *     far away
     */
    public void blocked(PodClaim claim, BooleanSupplier still) {
        Waiting now = new Waiting(claim, still, clock.instant(), Failures.NONE);
        Waiting first = waiting.merge(claim.uid(), now, Waiting::blockedAgain);
        if (first.equals(now)) {
            loop.wake();
        }
    }

    /** Records that a pod is no longer blocked by something for which it would be evicted. */
    public void unblocked(String podUid) {
        waiting.remove(podUid);
    }

    /** Returns the number of pods that wait for a place. */
    public int waiting() {
        return waiting.size();
    }

    Loop.Next evictOverdue() {
        Duration patience = evictAfter.get();
        boolean allDone = true;
        for (Waiting pod : List.copyOf(waiting.values())) {
            PodClaim claim = pod.claim();
            if (isGone(claim) || isPlaced(claim)) {
                waiting.remove(claim.uid());
            } else if (Duration.between(pod.since(), clock.instant()).compareTo(patience) >= 0) {
                if (!pod.still().getAsBoolean()) {
                    waiting.remove(claim.uid());
                } else if (clock.instant().isBefore(pod.failures().next()) || !isSettled(pod)) {
                    allDone = false;
                }
            }
        }
        return allDone ? Loop.Next.AFTER_PAUSE : Loop.Next.RETRY_SOON;
    }

    private boolean isGone(PodClaim claim) {
        return pods.all().isPresent() && pods.watched(claim.uid()).isEmpty();
    }

    /** Returns whether the pod has a place by now; its claim may have moved. */
    private boolean isPlaced(PodClaim claim) {
        return pool.claim(claim.uid()).filter(pool::isRealised).isPresent();
    }

    /** Returns whether the pod is being removed, or nothing can be done about it. */
    private boolean isSettled(Waiting waits) {
        PodClaim claim = waits.claim();
        boolean byBudget = false;
        try {
            Optional<Pod> pod = pods.read(claim.namespace(), claim.name())
                    .filter(found -> claim.uid().equals(found.getMetadata().getUid()))
                    .filter(found -> found.getMetadata().getDeletionTimestamp() == null && !PodPhase.hasEnded(found));
            boolean evicted = pod.isPresent() && hasController(pod.get()) && pods.evict(pod.get());
            if (evicted) {
                LOG.log(
                        Level.INFO,
                        "its placement was blocked for {0} ({1})",
                        evictAfter.get(),
                        new Decision(
                                "evict",
                                claim.namespace(),
                                claim.name(),
                                pod.get().getSpec().getNodeName()));
                events.warnPod(
                        new Events.PodRef(claim.namespace(), claim.name(), Optional.of(claim.uid())),
                        "PlacementBlockedTooLong",
                        "evicted, so that its controller recreates it where there is room; its placement here was blocked for "
                                + evictAfter.get());
            }
            if (evicted || pod.isEmpty() || !hasController(pod.get())) {
                waiting.remove(claim.uid());
                return true;
            }
            byBudget = true;
            LOG.log(
                    waits.failures().byBudget() ? Level.DEBUG : Level.INFO,
                    "a disruption budget prevents the eviction of {0}/{1}",
                    claim.namespace(),
                    claim.name());
        } catch (ClusterException e) {
            LOG.log(
                    Level.WARNING,
                    "cannot evict pod {0}/{1} yet: {2}",
                    claim.namespace(),
                    claim.name(),
                    e.getMessage());
        }
        boolean prevented = byBudget;
        waiting.computeIfPresent(claim.uid(), (_, now) -> now.failed(clock.instant(), prevented));
        return false;
    }

    private static boolean hasController(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getOwnerReferences()).orElse(List.of()).stream()
                .anyMatch(owner -> Boolean.TRUE.equals(owner.getController()));
    }

    @Override
    public void close() {
        loop.close();
    }
}
