package io.migpool.deviceplugin.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.RealisationException;
import io.migpool.deviceplugin.instance.Slice;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Moves a pod to another place if the reserved one turns out to be blocked. The place is free in the driver and in the
 * reservations of all pods bound here, and is written to the Pod before anything is created, so that the extender and a
 * restarted agent see the same.
 */
public final class ReservationRepair {

    private static final System.Logger LOG = System.getLogger(ReservationRepair.class.getName());
    private static final int CONFLICTS_IN_A_ROW = 5;

    private final Pods pods;
    private final ClaimReader claims;
    private final ReservedSlices slices;
    private final InstancePool pool;
    private final OfferedGpus gpus;
    private final Events events;
    private final Supplier<DeviceSettings> settings;
    private final InstantSource clock;
    /** Repairs in progress by pod; containers of a pod that start concurrently share one. */
    private final Map<String, CompletableFuture<RepairOutcome>> underWay = new ConcurrentHashMap<>();
    /** Guards the choice of a place together with {@link #chosen}: two pods must not choose the same. */
    private final ReentrantLock choosing = new ReentrantLock();
    /**
     * Places by pod of which the pool does not know: the pod is being moved there, or may have been if the API server
     * did not confirm the write.
     */
    private final Map<String, Slice> chosen = new ConcurrentHashMap<>();

    public ReservationRepair(
            Pods pods,
            ClaimReader claims,
            ReservedSlices slices,
            InstancePool pool,
            OfferedGpus gpus,
            Events events,
            Supplier<DeviceSettings> settings,
            InstantSource clock) {
        this.pods = pods;
        this.claims = claims;
        this.slices = slices;
        this.pool = pool;
        this.gpus = gpus;
        this.events = events;
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * Moves one slice of a pod. The slice must not exist for the pod: then nothing of it can run there.
     *
     * @param claim the pod's claim as far as the caller knows
     * @param blocked the slice that cannot be created
     * @param deadline how long to wait for the API server, or for a repair of the same pod in progress
     */
    public RepairOutcome repair(PodClaim claim, Slice blocked, Instant deadline) throws InterruptedException {
        CompletableFuture<RepairOutcome> mine = new CompletableFuture<>();
        CompletableFuture<RepairOutcome> other = underWay.putIfAbsent(claim.uid(), mine);
        if (other != null) {
            return join(other, deadline);
        }
        RepairOutcome outcome = new RepairOutcome.NotNow("the repair was interrupted");
        try {
            outcome = throughConflicts(claim, blocked, pods.until(deadline, clock));
            return outcome;
        } finally {
            underWay.remove(claim.uid(), mine);
            mine.complete(outcome);
        }
    }

    /**
     * Returns whether only the API server knows which places a pod's reservation names, because the watch may lag.
     * Waits for a repair in progress.
     *
     * @param deadline how long to wait
     */
    public boolean isInDoubt(String podUid, Instant deadline) throws InterruptedException {
        CompletableFuture<RepairOutcome> present = underWay.get(podUid);
        if (present != null) {
            var _ = join(present, deadline);
        }
        return isMoving(podUid);
    }

    /** Returns whether a pod is being moved, or may have been. */
    public boolean isMoving(String podUid) {
        return underWay.containsKey(podUid) || chosen.containsKey(podUid);
    }

    /** Settles a pod whose reservation has been read from the API server. */
    public void settle(PodClaim read) {
        if (chosen.remove(read.uid()) != null) {
            pool.restate(read);
        }
    }

    private RepairOutcome join(CompletableFuture<RepairOutcome> other, Instant deadline) throws InterruptedException {
        Duration patience = Duration.between(clock.instant(), deadline);
        try {
            return other.get(Math.max(0, patience.toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.DEBUG, "the repair for another container has no outcome", e);
            return new RepairOutcome.NotNow("another container's repair is still running");
        }
    }

    private RepairOutcome throughConflicts(PodClaim claim, Slice blocked, Pods timely) {
        String last = "the pod keeps changing";
        for (int conflict = 0; conflict < CONFLICTS_IN_A_ROW; conflict++) {
            try {
                return once(claim, blocked, timely);
            } catch (ClusterException e) {
                last = String.valueOf(e.getMessage());
                if (e.code() != ClusterException.Code.CONFLICT) {
                    break;
                }
            } catch (UnusableReservationException | MalformedAnnotationException | RealisationException e) {
                last = String.valueOf(e.getMessage());
                break;
            }
        }
        return new RepairOutcome.NotNow(last);
    }

    private RepairOutcome once(PodClaim claim, Slice blocked, Pods timely)
            throws ClusterException, UnusableReservationException, MalformedAnnotationException, RealisationException {
        Optional<Pod> pod = timely.read(claim.namespace(), claim.name())
                .filter(found -> claim.uid().equals(found.getMetadata().getUid()));
        if (pod.isEmpty()) {
            return new RepairOutcome.NotNow("the pod is gone");
        }
        PodClaim written = claims.read(pod.get());
        settle(written);
        if (!written.slices().contains(blocked)) {
            // Already moved by a repair whose claim was not saved.
            return new RepairOutcome.Moved(written);
        }
        if (isThere(blocked, written, claims.writtenBack(pod.get()))) {
            return new RepairOutcome.NotNow("the instance that it has there is only about to be recognised");
        }
        Optional<List<Pod>> bound = pods.all();
        if (bound.isEmpty()) {
            return new RepairOutcome.NotNow("the pods of this node have not all been read yet");
        }
        Optional<Slice> free = choose(written, blocked, pod.get(), bound.get());
        if (free.isEmpty()) {
            return new RepairOutcome.NoEquivalent();
        }
        PodClaim moved = written.moved(blocked, free.get());
        rewrite(
                pod.get(),
                written,
                new MovedReservation(blocked, free.get(), slices).annotations(annotations(pod.get())),
                timely);
        settle(moved);
        String note = "%s was reserved but is blocked; the pod gets %s instead".formatted(blocked, free.get());
        LOG.log(Level.INFO, "pod {0}/{1}: {2}", claim.namespace(), claim.name(), note);
        events.warnPod(
                new Events.PodRef(claim.namespace(), claim.name(), Optional.of(claim.uid())), "PlacementMoved", note);
        return new RepairOutcome.Moved(moved);
    }

    /** Returns whether the slice exists for the pod although the pool does not know yet whose it is. */
    private boolean isThere(Slice slice, PodClaim claim, Map<Slice, MigRuntime> written) {
        Optional<MigRuntime> identity = Optional.ofNullable(written.get(slice));
        return identity.isPresent()
                && pool.instances().stream()
                        .filter(instance -> instance.slice().equals(slice))
                        .filter(instance -> instance.state() == InstanceState.FOREIGN
                                || instance.pod().equals(Optional.of(claim.uid())))
                        .anyMatch(instance -> instance.driverState().identity().equals(identity));
    }

    /**
     * Writes the new reservation. Before that, the claim is removed durably, so that the next start of the pod reads
     * what was written, and does not use the old place just because it has become free.
     */
    private void rewrite(Pod pod, PodClaim before, Map<String, String> annotations, Pods timely)
            throws ClusterException, RealisationException {
        try {
            pool.forget(before.uid());
            timely.mark(pod, annotations, Map.of());
        } catch (ClusterException e) {
            if (e.code() != ClusterException.Code.UNAVAILABLE) {
                settle(before);
            }
            throw e;
        } catch (RealisationException e) {
            settle(before);
            throw e;
        }
    }

    private Optional<Slice> choose(PodClaim claim, Slice blocked, Pod pod, List<Pod> bound) {
        Optional<String> model = slices.modelOn(blocked);
        if (model.isEmpty()) {
            return Optional.empty();
        }
        choosing.lock();
        try {
            forgetGone(bound);
            Collection<Slice> reserved = reservedBy(bound, claim.uid());
            chosen.forEach((uid, slice) -> {
                if (!uid.equals(claim.uid())) {
                    reserved.add(slice);
                }
            });
            List<GpuInventory> inventory = gpus.inventory();
            PermittedGpus permitted = PermittedGpus.of(annotations(pod), claim, blocked, reserved, inventory);
            claim.slices().stream().filter(slice -> !slice.equals(blocked)).forEach(reserved::add);
            Set<String> cordoned = gpus.cordoned();
            Optional<Slice> free = new EquivalentPlacement(
                            inventory,
                            pool.instances(),
                            reserved,
                            gpu -> gpu.model().equals(model.get())
                                    && !cordoned.contains(gpu.uuid())
                                    && permitted.test(gpu),
                            gpu -> settings.get().geometriesFor(new GpuModel(gpu.model(), gpu.memoryMiB())))
                    .of(blocked);
            free.ifPresent(slice -> chosen.put(claim.uid(), slice));
            return free;
        } finally {
            choosing.unlock();
        }
    }

    private static Map<String, String> annotations(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations()).orElse(Map.of());
    }

    /** Drops pods that were deleted while in doubt, because nothing would settle them. */
    private void forgetGone(List<Pod> bound) {
        Set<String> present =
                bound.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
        chosen.keySet().removeIf(uid -> !present.contains(uid) && !underWay.containsKey(uid));
    }

    /** Returns the slices of all other pods bound here; a pod with malformed annotations has none. */
    private Collection<Slice> reservedBy(List<Pod> bound, String except) {
        List<Slice> reserved = new ArrayList<>();
        for (Pod pod : bound) {
            String uid = pod.getMetadata().getUid();
            if (!uid.equals(except) && !PodPhase.hasEnded(pod)) {
                try {
                    reserved.addAll(claims.read(pod).slices());
                } catch (UnusableReservationException e) {
                    LOG.log(Level.TRACE, "pod without a usable reservation", e);
                }
            }
        }
        pool.claims().stream()
                .filter(claim -> !claim.uid().equals(except))
                .forEach(claim -> reserved.addAll(claim.slices()));
        return reserved;
    }
}
