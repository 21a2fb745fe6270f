package io.migpool.deviceplugin.inject;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.RealisationException;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.reservation.BlockedPods;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.deviceplugin.reservation.ReservationRepair;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Cuts what a pod has reserved: where the reservation says or, if that is not possible, where its {@link Relocation}
 * leads.
 */
public final class SliceRealiser {

    private static final System.Logger LOG = System.getLogger(SliceRealiser.class.getName());
    /** A pod that waits for longer than this fraction of the limit gets an Event: 5 s of 25 s. */
    private static final int QUIET_PART = 5;
    /** The pool stops trying that much before the start is given up, so that kubelet is told what it failed at last. */
    private static final Duration TO_ANSWER = Duration.ofMillis(500);

    private final InstancePool pool;
    private final Pods pods;
    private final OfferedGpus gpus;
    private final ReservationRepair repair;
    private final Relocation relocation;
    private final Events events;
    private final Duration startLimit;
    private final InstantSource clock;

    public SliceRealiser(
            InstancePool pool,
            Pods pods,
            OfferedGpus gpus,
            ReservationRepair repair,
            BlockedPods blockedPods,
            Events events,
            Duration startLimit,
            InstantSource clock) {
        this.pool = pool;
        this.pods = pods;
        this.gpus = gpus;
        this.repair = repair;
        this.relocation = new Relocation(pool, gpus, repair, blockedPods);
        this.events = events;
        this.startLimit = startLimit;
        this.clock = clock;
    }

    /**
     * Cuts what the pod holds; slices whose place is blocked, or whose GPU has left the pool since they were reserved,
     * are moved first, one after another.
     *
     * @param deadline when the start is given up
     */
    RealisedPod realise(PodClaim claim, Instant deadline) throws PreparationException {
        return realise(claim, !hasStarted(claim.uid()), deadline);
    }

    /** Like {@link #realise}, for a claim that was in doubt and was therefore read from the API server. */
    RealisedPod settleAndRealise(PodClaim read, Instant deadline) throws PreparationException {
        boolean first = !hasStarted(read.uid());
        repair.settle(read);
        return realise(read, first, deadline);
    }

    private RealisedPod realise(PodClaim claim, boolean first, Instant deadline) throws PreparationException {
        if (!first) {
            requireKnownInstances(claim);
        }
        PodClaim current = claim;
        try {
            while (true) {
                Optional<ClaimedDevice> misplaced = relocation.misplaced(current, first);
                if (misplaced.isPresent()) {
                    current = relocation.ofMisplaced(current, misplaced.get(), deadline);
                    continue;
                }
                try {
                    return new RealisedPod(current, await(current, deadline));
                } catch (ExecutionException e) {
                    current = relocation.ofRefused(current, cause(e), deadline);
                }
            }
        } catch (CancellationException e) {
            throw stopping(e);
        } catch (TimeoutException e) {
            relocation.countTowardsEviction(current);
            throw new PreparationException(
                    StartFailure.CUT_SLOW,
                    "the GPU is still busy after %s; the start is retried and finds what was created meanwhile"
                            .formatted(startLimit),
                    e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static RealisationException cause(ExecutionException failure) throws PreparationException {
        if (failure.getCause() instanceof RealisationException cause) {
            return cause;
        }
        throw new PreparationException(
                StartFailure.CUT_FAILED, "creating the instances failed: " + failure.getCause(), failure);
    }

    /** Returns whether a pod's reservation has to be read from the API server, whatever is known of it here. */
    boolean isInDoubt(String podUid, Instant deadline) throws PreparationException {
        try {
            return repair.isInDoubt(podUid, deadline);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Map<Slice, MigRuntime> await(PodClaim claim, Instant deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        Duration left = Duration.between(clock.instant(), deadline);
        Duration quiet = startLimit.dividedBy(QUIET_PART);
        Future<Map<Slice, MigRuntime>> realised = pool.realise(claim, left.minus(TO_ANSWER), this::stays);
        if (left.compareTo(quiet) > 0) {
            try {
                return realised.get(quiet.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                LOG.log(Level.DEBUG, "pod " + claim.name() + " waits", e);
                tellThatItWaits(claim);
            }
        }
        return realised.get(
                Math.max(0, Duration.between(clock.instant(), deadline).toMillis()), TimeUnit.MILLISECONDS);
    }

    private void tellThatItWaits(PodClaim claim) {
        String queues = pool.queued().entrySet().stream()
                .filter(entry -> claim.uses(entry.getKey()))
                .map(entry -> "%s (%d waiting)".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
        events.warnPod(
                new Events.PodRef(claim.namespace(), claim.name(), Optional.of(claim.uid())),
                "WaitingForGpu",
                "its instances are not created yet: a GPU creates and destroys instances one at a time, and waits for the processes of the previous pod at a placement; no action needed. Queue of its GPUs: "
                        + queues);
    }

    /** Returns whether a pod keeps running, so that it is useless to wait for what it has. */
    private boolean stays(String podUid) {
        return pods.watched(podUid)
                .filter(pod -> !PodPhase.hasEnded(pod) && pod.getMetadata().getDeletionTimestamp() == null)
                .isPresent();
    }

    /**
     * Returns whether the pod has started before: then it starts again, whatever the GPU is to be by now. The claim
     * alone does not show that: it is dropped while it is not known where a slice was moved to, and lost with the state
     * directory.
     */
    private boolean hasStarted(String podUid) {
        return pool.claim(podUid).isPresent()
                || pods.watched(podUid).filter(PodPhase::hasStarted).isPresent();
    }

    private void requireKnownInstances(PodClaim claim) throws PreparationException {
        for (ContainerClaim container : claim.containers()) {
            for (ClaimedDevice device : container.devices()) {
                if (device instanceof ClaimedDevice.Shared
                        && gpus.modeOf(device.gpuUuid()).equals(Optional.of(GpuMode.MIG))) {
                    throw new PreparationException(
                            StartFailure.GPU_MODE_MISMATCH,
                            "HAMi before 2.10 did not record which instance of %s it gave to the pod; delete the pod so that it is scheduled again"
                                    .formatted(device.gpuUuid()));
                }
            }
        }
    }

    static PreparationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return stopping(e);
    }

    private static PreparationException stopping(Exception e) {
        return new PreparationException(StartFailure.STOPPING, "the node agent is stopping; the start is retried", e);
    }
}
