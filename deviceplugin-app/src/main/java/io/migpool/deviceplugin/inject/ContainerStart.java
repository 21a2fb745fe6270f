package io.migpool.deviceplugin.inject;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.kubelet.PodKey;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import io.migpool.deviceplugin.reservation.UnusableReservationException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/**
 * Late binding: Allocate names a CDI device by slot alone; PreStartContainer finds out whose slots they are and what
 * was reserved for that pod, makes it exist, and defines the CDI device. It never guesses: without a reservation the
 * start fails with an Event that names the remedy.
 */
public final class ContainerStart implements AllocationHandler {

    private static final System.Logger LOG = System.getLogger(ContainerStart.class.getName());

    private final SlotOwners owners;
    private final Pods pods;
    private final ClaimReader claims;
    private final InstancePool pool;
    private final SliceRealiser realiser;
    private final ContainerContents contents;
    private final RuntimeIdentityWriter identityWriter;
    private final StartObserver observer;
    private final InjectSettings inject;
    private final SlotFiles files;
    private final InstantSource clock;

    public ContainerStart(
            SlotOwners owners,
            Pods pods,
            ClaimReader claims,
            InstancePool pool,
            SliceRealiser realiser,
            ContainerContents contents,
            RuntimeIdentityWriter identityWriter,
            StartObserver observer,
            InjectSettings inject,
            InstantSource clock) {
        this.owners = owners;
        this.pods = pods;
        this.claims = claims;
        this.pool = pool;
        this.realiser = realiser;
        this.contents = contents;
        this.identityWriter = identityWriter;
        this.observer = observer;
        this.inject = inject;
        this.files = new SlotFiles(new CdiDirectory(inject.cdiDirectory()));
        this.clock = clock;
    }

    /** Reads ahead what the first container would have to wait for. */
    public void getReady() {
        contents.getReady();
    }

    @Override
    public Answer reserve(NavigableSet<String> slots) throws IOException {
        String slot = slots.first();
        try {
            files.begin(slot);
        } catch (IOException e) {
            throw new IOException(
                    "cannot remove the CDI file of the last owner: %s; make the CDI directory writable"
                            .formatted(e.getMessage()),
                    e);
        }
        String device = CdiDirectory.deviceName(slot);
        return switch (inject.strategy()) {
            case CDI_CRI -> new Answer(List.of(device), Map.of(), List.of());
            case ENVIRONMENT -> new Answer(List.of(), Map.of(ContainerEdits.VISIBLE_DEVICES, device), List.of());
        };
    }

    @Override
    public void prepare(NavigableSet<String> slots) throws PreparationException {
        // Read the tenancy before the tenant: later owners of the slots do not concern this start.
        long tenancy = files.tenancy(slots.first());
        Instant begin = clock.instant();
        Start start = new Start(slots, tenancy, begin, begin.plus(inject.startLimit()));
        PodSlots owner;
        Holder holder;
        try {
            owner = owners.find(slots, inject.ownerLimit(), this::isPlausible);
            holder = holder(owner.pod(), start.deadline());
        } catch (PreparationException e) {
            observer.unknown(slots, e);
            throw e;
        }
        try {
            realise(holder, owner, start);
        } catch (PreparationException e) {
            observer.refused(holder.pod(), since(begin), e);
            throw e;
        }
    }

    /**
     * A start in progress.
     *
     * @param slots the container's slots
     * @param tenancy tenancy of the smallest slot
     * @param begin when kubelet asked for it
     * @param deadline when it times out
     */
    private record Start(NavigableSet<String> slots, long tenancy, Instant begin, Instant deadline) {}

    private void realise(Holder holder, PodSlots owner, Start start) throws PreparationException {
        PodClaim reserved = claim(holder);
        NavigableSet<String> slots = start.slots();
        // Before anything is created: wherever the devices are, their number has to match.
        var _ = devices(reserved, owner, slots);
        boolean first = pool.claim(reserved.uid()).isEmpty();
        Instant beginOfCut = clock.instant();
        RealisedPod realised =
                switch (holder) {
                    case Holder.Known _, Holder.Unread _ -> realiser.realise(reserved, start.deadline());
                    case Holder.ReadAnew _ -> realiser.settleAndRealise(reserved, start.deadline());
                };
        PodClaim claim = realised.claim();
        if (!claim.slices().isEmpty()) {
            observer.cut(claim, since(beginOfCut));
        }
        List<ClaimedDevice> devices = devices(claim, owner, slots);
        Map<Slice, MigRuntime> runtimes = realised.runtimes();
        ContainerEdits edits = contents.of(claim, container(claim, owner, slots), devices, runtimes);
        try {
            if (!files.write(slots.first(), start.tenancy(), edits)) {
                throw new PreparationException(
                        StartFailure.POD_GONE,
                        "kubelet has meanwhile allocated slots %s to another container".formatted(slots));
            }
        } catch (IOException e) {
            throw new PreparationException(
                    StartFailure.CDI_FILE_NOT_WRITTEN,
                    "cannot write the CDI file in %s (%s); make the directory writable for the node agent"
                            .formatted(inject.cdiDirectory(), e.getMessage()),
                    e);
        }
        identityWriter.write(claim.namespace(), claim.name(), claim.uid(), runtimes);
        observer.started(claim, since(start.begin()), first, devices, runtimes);
    }

    private Duration since(Instant begin) {
        return Duration.between(begin, clock.instant());
    }

    /**
     * Returns whether a pod may be the owner. A lagging checkpoint names the slots' previous owner, but a pod that is
     * ending does not start containers.
     */
    private boolean isPlausible(PodSlots owner) {
        return switch (owner.pod()) {
            case PodKey.ByName _ -> true;
            case PodKey.ByUid(String uid) ->
                pods.watched(uid)
                        .map(pod -> !PodPhase.hasEnded(pod) && pod.getMetadata().getDeletionTimestamp() == null)
                        // While the API server is unavailable, pods with known claims may restart.
                        .orElseGet(
                                () -> pool.claim(uid).isPresent() && pods.all().isEmpty());
        };
    }

    /**
     * The owner of the slots: a pod whose claim is known, or one whose reservation has yet to be read, perhaps because
     * the claim was in doubt.
     */
    private sealed interface Holder {

        Events.PodRef pod();

        record Known(PodClaim claim) implements Holder {
            @Override
            public Events.PodRef pod() {
                return ref(claim);
            }
        }

        record Unread(Pod object) implements Holder {
            @Override
            public Events.PodRef pod() {
                return ref(object.getMetadata());
            }
        }

        record ReadAnew(Pod object) implements Holder {
            @Override
            public Events.PodRef pod() {
                return ref(object.getMetadata());
            }
        }
    }

    private Holder holder(PodKey key, Instant deadline) throws PreparationException {
        return switch (key) {
            case PodKey.ByUid(String uid) -> {
                boolean inDoubt = realiser.isInDoubt(uid, deadline);
                Optional<PodClaim> known = inDoubt ? Optional.empty() : pool.claim(uid);
                if (known.isPresent()) {
                    yield new Holder.Known(known.get());
                }
                Pod pod = pods.watched(uid).orElseThrow(() -> gone(key));
                yield inDoubt ? readAnew(pod, deadline) : new Holder.Unread(pod);
            }
            case PodKey.ByName name -> {
                Pod pod = read(name, deadline);
                String uid = pod.getMetadata().getUid();
                if (realiser.isInDoubt(uid, deadline)) {
                    yield readAnew(pod, deadline);
                }
                yield pool.claim(uid).<Holder>map(Holder.Known::new).orElseGet(() -> new Holder.Unread(pod));
            }
        };
    }

    private Holder readAnew(Pod pod, Instant deadline) throws PreparationException {
        ObjectMeta meta = pod.getMetadata();
        PodKey.ByName name = new PodKey.ByName(meta.getNamespace(), meta.getName());
        Pod present = read(name, deadline);
        if (!present.getMetadata().getUid().equals(meta.getUid())) {
            throw gone(name);
        }
        return new Holder.ReadAnew(present);
    }

    private PodClaim claim(Holder holder) throws PreparationException {
        return switch (holder) {
            case Holder.Known(PodClaim claim) -> claim;
            case Holder.Unread(Pod pod) -> claim(pod);
            case Holder.ReadAnew(Pod pod) -> claim(pod);
        };
    }

    private PodClaim claim(Pod pod) throws PreparationException {
        try {
            PodClaim claim = claims.read(pod);
            Map<Slice, MigRuntime> runtimes = claims.writtenBack(pod);
            if (!runtimes.isEmpty()) {
                // Without the ownership file its own instances are foreign until they are recognised.
                pool.adopt(claim, runtimes);
            }
            return claim;
        } catch (UnusableReservationException e) {
            throw new PreparationException(failure(e.code()), String.valueOf(e.getMessage()), e);
        }
    }

    private static StartFailure failure(UnusableReservationException.Code code) {
        return switch (code) {
            case ELSEWHERE -> StartFailure.RESERVATION_ELSEWHERE;
            case FAILED -> StartFailure.RESERVATION_FAILED;
            case MALFORMED -> StartFailure.MALFORMED_RESERVATION;
            case MISSING -> StartFailure.NO_RESERVATION;
            case MISMATCH -> StartFailure.RESERVATION_MISMATCH;
            case NO_REQUEST -> StartFailure.NO_REQUEST;
            case MALFORMED_REQUEST -> StartFailure.MALFORMED_REQUEST;
        };
    }

    private Pod read(PodKey.ByName name, Instant deadline) throws PreparationException {
        Pods timely = pods.until(deadline, clock);
        while (true) {
            try {
                return timely.read(name.namespace(), name.name()).orElseThrow(() -> gone(name));
            } catch (ClusterException e) {
                if (e.code() != ClusterException.Code.UNAVAILABLE
                        || !clock.instant().isBefore(deadline)) {
                    throw new PreparationException(
                            StartFailure.API_SERVER_UNAVAILABLE,
                            "cannot read what is reserved for pod %s/%s (%s); the start is retried"
                                    .formatted(name.namespace(), name.name(), e.getMessage()),
                            e);
                }
                LOG.log(Level.DEBUG, "the pod is read again", e);
                pause();
            }
        }
    }

    private static void pause() throws PreparationException {
        try {
            TimeUnit.MILLISECONDS.sleep(200);
        } catch (InterruptedException e) {
            throw SliceRealiser.interrupted(e);
        }
    }

    private static PreparationException gone(PodKey key) {
        return new PreparationException(StartFailure.POD_GONE, "the pod is gone: " + key);
    }

    private static List<ClaimedDevice> devices(PodClaim claim, PodSlots owner, NavigableSet<String> slots)
            throws PreparationException {
        SortedMap<String, ClaimedDevice> assigned = SlotAssignment.of(claim, owner);
        List<ClaimedDevice> devices = new ArrayList<>();
        for (String slot : slots) {
            ClaimedDevice device = assigned.get(slot);
            if (device == null) {
                throw new PreparationException(
                        StartFailure.RESERVATION_MISMATCH,
                        "kubelet allocated slots %2$s to the containers %1$s, more than the devices reserved for them; delete the pod so that it is scheduled again"
                                .formatted(owner.holdersOf(slots), slots));
            }
            devices.add(device);
        }
        return devices;
    }

    /** If an init and an app container share slots, returns the app container, because both get the same. */
    private static ContainerClaim container(PodClaim claim, PodSlots owner, NavigableSet<String> slots)
            throws PreparationException {
        List<String> holders = owner.holdersOf(slots);
        return claim.containers().stream()
                .filter(container -> holders.contains(container.name()))
                .min(Comparator.comparing(ContainerClaim::init))
                .orElseThrow(() -> new PreparationException(
                        StartFailure.RESERVATION_MISMATCH,
                        "containers %s have slots but request none; delete the pod so that it is scheduled again"
                                .formatted(holders)));
    }

    private static Events.PodRef ref(ObjectMeta pod) {
        return new Events.PodRef(pod.getNamespace(), pod.getName(), Optional.of(pod.getUid()));
    }

    static Events.PodRef ref(PodClaim claim) {
        return new Events.PodRef(claim.namespace(), claim.name(), Optional.of(claim.uid()));
    }
}
