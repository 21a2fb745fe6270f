package io.migpool.deviceplugin.handout;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.gpu.CutGpu;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.handout.Given.Holding;
import io.migpool.deviceplugin.kubelet.OfferedDevice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.migmanager.DeviceGate;
import io.migpool.deviceplugin.migmanager.DeviceHolders;
import io.migpool.deviceplugin.node.Events;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The devices of the GPUs that follow the label, as they are offered to kubelet, and who is given them.
 *
 * <p>A device that a pod has stays offered to it under the name by which it was given, whatever changes; under another name, or as
 * a part of something else that a pod has, it is not given a second time. While a change of the layout waits, free devices are
 * unhealthy, so that no further pods come in its way; while it is made, whoever is being given a device waits.
 */
public final class LabelledDevices implements DeviceGate, LabelDrivenGpus.Users {

    private static final System.Logger LOG = System.getLogger(LabelledDevices.class.getName());

    private final GpuDriver driver;
    private final LabelDrivenGpus gpus;
    private final Supplier<MigStrategy> strategy;
    private final Function<String, Optional<String>> ailment;
    private final DeviceHolders holders;
    private final Predicate<String> isPools;
    private final Events events;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private final Queue<GpuEvent.Xid> hits = new ConcurrentLinkedQueue<>();
    /** GPUs that go back to the pool. */
    private final Set<String> left = ConcurrentHashMap.newKeySet();

    /** Guards what follows up to {@link #offered}. Held while a layout is changed: devices are given before or after that. */
    private final ReentrantLock giving = new ReentrantLock();

    private final Given given;
    private final Set<String> sick = new HashSet<>();
    private boolean keptOff = true;
    private List<CutGpu> layout = List.of();
    private SortedMap<String, List<LabelledDevice>> resources = new TreeMap<>();
    private String lastTold = "";

    private volatile SortedMap<String, List<OfferedDevice>> offered = Collections.emptySortedMap();

    /**
     * @param gpus that follow the label
     * @param strategy by which they are offered, asked at every look
     * @param ailment why a GPU is not fit for new pods, if it is not
     * @param holders who has been given devices
     * @param isPools whether the pool has devices of a resource on this node
     */
    public LabelledDevices(
            GpuDriver driver,
            LabelDrivenGpus gpus,
            Supplier<MigStrategy> strategy,
            Function<String, Optional<String>> ailment,
            DeviceHolders holders,
            Predicate<String> isPools,
            Events events,
            InstantSource clock) {
        this.driver = driver;
        this.gpus = gpus;
        this.strategy = strategy;
        this.ailment = ailment;
        this.holders = holders;
        this.isPools = isPools;
        this.events = events;
        this.given = new Given(clock);
    }

    /** Calls the listener after a change, on any thread; it must be quick. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** The devices by name of the resource. */
    SortedMap<String, List<OfferedDevice>> offered() {
        return offered;
    }

    /** Whether a resource is, or is still, one of label-driven GPUs. */
    public boolean offers(String resource) {
        return offered.containsKey(resource);
    }

    /** UUIDs of everything that is there, offered or not. */
    Set<String> present() {
        giving.lock();
        try {
            Set<String> present = new HashSet<>();
            existing().forEach(device -> present.add(device.uuid()));
            return present;
        } finally {
            giving.unlock();
        }
    }

    /** Looks at GPUs and kubelet; false if that has to be tried again soon. Blocks for calls of both. */
    boolean refresh() throws InterruptedException {
        Optional<Set<Holding>> told = gpus.free().isEmpty() ? Optional.of(Set.of()) : ask();
        giving.lock();
        try {
            told.ifPresent(given::told);
            boolean read = read();
            offer();
            return read && told.isPresent();
        } finally {
            giving.unlock();
        }
    }

    private Optional<Set<Holding>> ask() throws InterruptedException {
        try {
            return Optional.of(Given.ask(holders));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "kubelet does not tell who has which device", e);
            return Optional.empty();
        }
    }

    private boolean read() {
        noteHits();
        Set<String> free = gpus.free();
        List<CutGpu> now = new ArrayList<>();
        try {
            for (GpuDescription board : free.isEmpty() ? List.<GpuDescription>of() : driver.gpus()) {
                if (free.contains(board.uuid())) {
                    now.add(CutGpu.read(driver, board));
                }
            }
        } catch (GpuException e) {
            LOG.log(System.Logger.Level.WARNING, "label-driven GPUs stay offered as they were: {0}", e.getMessage());
            return false;
        }
        layout = now;
        return true;
    }

    private void offer() {
        List<LabelledDevice> existing = existing();
        sick.retainAll(existing.stream().map(LabelledDevice::uuid).toList());
        Offer offer = Offer.of(layout, strategy.get());
        SortedMap<String, List<LabelledDevice>> wanted = new TreeMap<>(offer.resources());
        Optional<String> problem = offer.problem().or(() -> collision(wanted));
        wanted.keySet().removeIf(isPools);
        for (Holding hold : given.all()) {
            // Whoever gave it, the pool's name is the pool's, unless it was ours until now.
            if (!isPools.test(hold.resource()) || offered.containsKey(hold.resource())) {
                find(existing, hold.uuid()).ifPresent(device -> keep(wanted, hold.resource(), device));
            }
        }
        resources = wanted;
        SortedMap<String, List<OfferedDevice>> now = new TreeMap<>();
        wanted.forEach((name, devices) -> now.put(
                name,
                devices.stream().map(device -> offered(name, device, existing)).toList()));
        tell(problem);
        if (!now.equals(offered)) {
            offered = Collections.unmodifiableSortedMap(now);
            listeners.forEach(Runnable::run);
        }
    }

    private static Optional<String> collisionOf(String name) {
        return Optional.of(
                "label-driven devices cannot be offered as %s: on this node that is the count resource of the pool; set migstrategy mixed and cut all label-driven GPUs, give all GPUs of the node to the label, or call the count resource otherwise (resourceCountName)"
                        .formatted(name));
    }

    private Optional<String> collision(SortedMap<String, List<LabelledDevice>> wanted) {
        return wanted.keySet().stream().filter(isPools).findFirst().flatMap(LabelledDevices::collisionOf);
    }

    private void tell(Optional<String> problem) {
        // While a change is under way GPUs are unlike for a moment.
        String note = problem.filter(_ -> !keptOff).orElse("");
        if (!note.equals(lastTold) && !keptOff) {
            lastTold = note;
            if (!note.isEmpty()) {
                LOG.log(System.Logger.Level.WARNING, note);
                events.warnNode("MigStrategyUnfit", note);
            }
        }
    }

    private static void keep(SortedMap<String, List<LabelledDevice>> wanted, String resource, LabelledDevice device) {
        List<LabelledDevice> devices = new ArrayList<>(wanted.getOrDefault(resource, List.of()));
        if (!devices.contains(device)) {
            devices.add(device);
        }
        wanted.put(resource, devices);
    }

    private OfferedDevice offered(String resource, LabelledDevice device, List<LabelledDevice> existing) {
        boolean well = ailment.apply(device.gpuUuid()).isEmpty() && !sick.contains(device.uuid());
        boolean mayBeUsed = given.has(new Holding(resource, device.uuid()))
                || (!keptOff && refusal(resource, device, existing).isEmpty());
        return new OfferedDevice(device.uuid(), well && mayBeUsed, OptionalInt.of(device.numaNode()));
    }

    /** Why a pod may not be given a device. */
    private Optional<String> refusal(String resource, LabelledDevice device, List<LabelledDevice> existing) {
        if (left.contains(device.gpuUuid())) {
            return Optional.of("its GPU goes back to the pool");
        }
        Holding own = new Holding(resource, device.uuid());
        return given.all().stream()
                .filter(hold -> !hold.equals(own))
                .filter(hold ->
                        find(existing, hold.uuid()).filter(device::overlaps).isPresent())
                .findFirst()
                .map(hold -> "a pod has %s as %s".formatted(hold.uuid(), hold.resource()));
    }

    private List<LabelledDevice> existing() {
        List<LabelledDevice> existing = new ArrayList<>();
        for (CutGpu gpu : layout) {
            existing.add(LabelledDevice.whole(gpu.board()));
            gpu.devices().forEach(device -> existing.add(LabelledDevice.part(device)));
        }
        return existing;
    }

    private static Optional<LabelledDevice> find(List<LabelledDevice> devices, String uuid) {
        return devices.stream().filter(device -> device.uuid().equals(uuid)).findFirst();
    }

    /**
     * A pod is given devices. Waits while the layout is changed.
     *
     * @throws IOException if it cannot have them
     */
    void give(String resource, Set<String> uuids) throws IOException {
        giving.lock();
        try {
            for (String uuid : uuids) {
                LabelledDevice device = find(resources.getOrDefault(resource, List.of()), uuid)
                        .orElseThrow(() -> new IOException(gone(resource, uuid)));
                Optional<String> refusal = refusal(resource, device, existing());
                if (refusal.isPresent()) {
                    throw new IOException(
                            "%s is not given as %s: %s; create the pod again".formatted(uuid, resource, refusal.get()));
                }
            }
            uuids.forEach(uuid -> given.promise(new Holding(resource, uuid)));
        } finally {
            giving.unlock();
        }
    }

    /**
     * A container starts with devices.
     *
     * @throws PreparationException if one of them is gone
     */
    void requirePresent(String resource, Set<String> uuids) throws PreparationException {
        Set<String> present = present();
        for (String uuid : uuids) {
            if (!present.contains(uuid)) {
                throw new PreparationException("DeviceGone", gone(resource, uuid));
            }
        }
        giving.lock();
        try {
            uuids.forEach(uuid -> given.started(new Holding(resource, uuid)));
        } finally {
            giving.unlock();
        }
    }

    private static String gone(String resource, String uuid) {
        return "%s is no device of %s any more: the GPUs of the node were cut anew; delete the pod so that it gets another"
                .formatted(uuid, resource);
    }

    /**
     * The driver reported an error of a MIG instance: what is in it goes to no further pod, until it is cut anew. Counts with the
     * next look; does not block.
     */
    void hit(GpuEvent.Xid xid) {
        hits.add(xid);
    }

    /** What was hit is what was there then: looked up before the devices are read anew. */
    private void noteHits() {
        for (GpuEvent.Xid xid = hits.poll(); xid != null; xid = hits.poll()) {
            for (LabelledDevice device : existing()) {
                if (device.gpuUuid().equals(xid.gpuUuid())
                        && device.gpuInstanceId().equals(OptionalInt.of(xid.gpuInstanceId()))) {
                    sick.add(device.uuid());
                    events.warnNode(
                            "DeviceUnhealthy",
                            "the driver reported Xid %d on %s; no further pod gets it until it is cut anew"
                                    .formatted(xid.number(), device.uuid()));
                }
            }
        }
    }

    @Override
    public void keepOff(boolean newPods) {
        giving.lock();
        try {
            if (keptOff != newPods) {
                keptOff = newPods;
                read();
                offer();
            }
        } finally {
            giving.unlock();
        }
    }

    @Override
    public Hold hold() {
        giving.lock();
        return () -> {
            try {
                if (!read()) {
                    // Nobody knows what is there; the next look will.
                    layout = List.of();
                }
                offer();
            } finally {
                giving.unlock();
            }
        };
    }

    @Override
    public Set<String> untold(List<DeviceHolders.Holder> told) {
        giving.lock();
        try {
            given.told(Given.of(told));
            return given.untold();
        } finally {
            giving.unlock();
        }
    }

    @Override
    public boolean leave(String gpuUuid) {
        Optional<Set<Holding>> told;
        try {
            told = ask();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        giving.lock();
        try {
            told.ifPresent(given::told);
            left.add(gpuUuid);
            offer();
            List<LabelledDevice> existing = existing();
            return told.isPresent()
                    && given.all().stream()
                            .flatMap(hold -> find(existing, hold.uuid()).stream())
                            .noneMatch(device -> device.gpuUuid().equals(gpuUuid));
        } finally {
            giving.unlock();
        }
    }

    @Override
    public void comeBack(String gpuUuid) {
        left.remove(gpuUuid);
    }
}
