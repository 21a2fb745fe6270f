package io.migpool.deviceplugin.handout;

import io.migpool.config.MigStrategy;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.handout.DeviceAllocations.Holding;
import io.migpool.deviceplugin.inject.VisibleDevice;
import io.migpool.deviceplugin.kubelet.OfferedDevice;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.node.AllocationGate;
import io.migpool.deviceplugin.node.DeviceHolders;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The devices of the label-driven GPUs as offered to kubelet, and which pods are given them.
 *
 * <p>A device that a pod has stays offered under the name under which it was given, whatever changes; it is not given
 * again under another name, or as a part of something else that a pod has. While a change of layout waits, free devices
 * are unhealthy, so that no new pods get in its way; while the change is made, callers that ask for a device wait.
 */
public final class LabelDrivenDevices implements AllocationGate, LabelDrivenGpus.Users {

    private final GpuDriver driver;
    private final LabelDrivenGpus gpus;
    private final Supplier<MigStrategy> strategy;
    private final Function<String, Optional<String>> ailment;
    private final DeviceHolders holders;
    private final CountResource countResource;
    private final OfferNotices notices;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private final FaultyDevices faulty;
    /** GPUs that go back to the pool. */
    private final Set<String> left = ConcurrentHashMap.newKeySet();

    /**
     * Guards the fields down to {@link #offered}. Held while a layout is changed, so devices are given only before or
     * after.
     */
    private final ReentrantLock giving = new ReentrantLock();

    private final DeviceAllocations allocations;
    private boolean keptOff = true;
    /** The GPUs that were let in last; empty before the first time. Others may not be as the label says. */
    private Optional<Set<String>> openGpus = Optional.empty();

    private final KnownLayout known = new KnownLayout();

    private SortedMap<String, List<LabelDrivenDevice>> resources = new TreeMap<>();

    private volatile SortedMap<String, List<OfferedDevice>> offered = Collections.emptySortedMap();

    /**
     * @param gpus the GPUs that follow the label
     * @param strategy the strategy for offering them, read on every look
     * @param ailment returns why a GPU is unfit for new pods, if it is
     * @param holders the pods that hold devices
     * @param countResource the pool's resource
     * @param stateDirectory where faulty devices are remembered
     */
    public LabelDrivenDevices(
            GpuDriver driver,
            LabelDrivenGpus gpus,
            Supplier<MigStrategy> strategy,
            Function<String, Optional<String>> ailment,
            DeviceHolders holders,
            CountResource countResource,
            Events events,
            Path stateDirectory,
            InstantSource clock) {
        this.driver = driver;
        this.gpus = gpus;
        this.strategy = strategy;
        this.ailment = ailment;
        this.holders = holders;
        this.countResource = countResource;
        this.notices = new OfferNotices(events);
        this.faulty = new FaultyDevices(driver, events, stateDirectory);
        this.allocations = new DeviceAllocations(clock);
    }

    /** Calls the listener after a change, on any thread; it must be quick. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Returns the offered devices by resource name. */
    SortedMap<String, List<OfferedDevice>> offered() {
        return offered;
    }

    /** Returns whether a resource is, or still is, one of label-driven GPUs. */
    public boolean offers(String resource) {
        return offered.containsKey(resource);
    }

    /** Returns the UUIDs of all devices, offered or not; empty while that is not known for every GPU. */
    Optional<Set<String>> present() {
        Layout present = layout();
        return present.isWhole() ? Optional.of(present.uuids()) : Optional.empty();
    }

    private Layout layout() {
        giving.lock();
        try {
            return known.layout();
        } finally {
            giving.unlock();
        }
    }

    /** Reads the GPUs and asks kubelet; returns false if that has to be retried soon. Blocks for calls to both. */
    boolean refresh() throws InterruptedException {
        DeviceAllocations.Answer answer = gpus.free().isEmpty() ? DeviceAllocations.Answer.nobody(begun()) : ask();
        KnownLayout.Look look = beginLook();
        Layout seen = look.read(driver, gpus);
        giving.lock();
        try {
            allocations.told(answer);
            take(look, seen);
            offer();
            return answer.isKnown();
        } finally {
            giving.unlock();
        }
    }

    private KnownLayout.Look beginLook() {
        giving.lock();
        try {
            return known.begin();
        } finally {
            giving.unlock();
        }
    }

    private void take(KnownLayout.Look look, Layout seen) {
        Layout before = known.layout();
        if (known.take(look, seen)) {
            // Errors belong to the devices of the old layout.
            faulty.note(before);
        }
    }

    private DeviceAllocations.Answer ask() throws InterruptedException {
        return DeviceAllocations.ask(holders, begun());
    }

    private long begun() {
        giving.lock();
        try {
            return allocations.begin();
        } finally {
            giving.unlock();
        }
    }

    private void offer() {
        Layout layout = known.layout();
        faulty.forgetAllBut(layout);
        Offer offer = Offer.of(
                layout.gpus().stream()
                        .filter(gpu -> openGpus.isEmpty()
                                || openGpus.get().contains(gpu.board().uuid()))
                        .toList(),
                strategy.get());
        SortedMap<String, List<LabelDrivenDevice>> wanted = new TreeMap<>(offer.resources());
        Optional<String> problem = offer.problem().or(() -> countResource.collision(wanted.keySet()));
        wanted.keySet().removeIf(countResource::isPools);
        for (Holding hold : allocations.all()) {
            // Whoever gave the device: a resource name of the pool belongs to the pool, unless it has been ours until
            // now; names as which no strategy offers it belong to other plugins.
            if (!countResource.isPools(hold.resource()) || offered.containsKey(hold.resource())) {
                layout.find(hold.uuid())
                        .filter(device -> device.names().contains(hold.resource()))
                        .ifPresent(device -> keep(wanted, hold.resource(), device));
            }
        }
        resources = wanted;
        SortedMap<String, List<OfferedDevice>> now = new TreeMap<>();
        wanted.forEach((name, devices) -> now.put(
                name, devices.stream().map(device -> offered(name, device)).toList()));
        // While a change is under way, the GPUs differ for a moment.
        if (!keptOff) {
            notices.report(
                    problem.orElse(""), countResource.condition(wanted.keySet()).orElse(""));
        }
        if (!now.equals(offered)) {
            offered = Collections.unmodifiableSortedMap(now);
            listeners.forEach(Runnable::run);
        }
    }

    private static void keep(
            SortedMap<String, List<LabelDrivenDevice>> wanted, String resource, LabelDrivenDevice device) {
        List<LabelDrivenDevice> devices = new ArrayList<>(wanted.getOrDefault(resource, List.of()));
        if (!devices.contains(device)) {
            devices.add(device);
        }
        wanted.put(resource, devices);
    }

    private OfferedDevice offered(String resource, LabelDrivenDevice device) {
        boolean well = ailment.apply(device.gpuUuid()).isEmpty()
                && !faulty.has(device)
                && !known.layout().unread().contains(device.gpuUuid());
        boolean mayBeUsed = allocations.has(new Holding(resource, device.uuid()))
                || (!keptOff && refusal(resource, device).isEmpty());
        return new OfferedDevice(device.uuid(), well && mayBeUsed, OptionalInt.of(device.numaNode()));
    }

    /** Returns why a pod may not be given a device. */
    private Optional<String> refusal(String resource, LabelDrivenDevice device) {
        if (left.contains(device.gpuUuid())) {
            return Optional.of("its GPU goes back to the pool");
        }
        if (known.layout().unread().contains(device.gpuUuid())) {
            return Optional.of("its GPU does not answer");
        }
        Holding own = new Holding(resource, device.uuid());
        return allocations.all().stream()
                .filter(hold -> !hold.equals(own))
                .filter(hold -> known.layout()
                        .find(hold.uuid())
                        .filter(device::overlaps)
                        .isPresent())
                .findFirst()
                .map(hold -> "a pod has %s as %s".formatted(hold.uuid(), hold.resource()));
    }

    /**
     * Gives a pod devices. Waits while the layout is changed.
     *
     * @throws IOException if it cannot have them
     */
    void give(String resource, Set<String> uuids) throws IOException {
        giving.lock();
        try {
            for (String uuid : uuids) {
                LabelDrivenDevice device = resources.getOrDefault(resource, List.of()).stream()
                        .filter(known -> known.uuid().equals(uuid))
                        .findFirst()
                        .orElseThrow(() -> new IOException(Layout.gone(resource, uuid)));
                Optional<String> refusal = refusal(resource, device);
                if (refusal.isPresent()) {
                    throw new IOException("%s cannot be allocated as %s: %s; recreate the pod"
                            .formatted(uuid, resource, refusal.get()));
                }
            }
            uuids.forEach(uuid -> allocations.promise(new Holding(resource, uuid)));
        } finally {
            giving.unlock();
        }
    }

    /**
     * Returns the devices with which a container starts, and records the start.
     *
     * @throws PreparationException if one of them is gone, or its GPU has not come yet
     */
    List<VisibleDevice> requirePresent(String resource, NavigableSet<String> uuids) throws PreparationException {
        Layout present = layout();
        List<VisibleDevice> devices = new ArrayList<>();
        for (String uuid : uuids) {
            devices.add(present.require(resource, uuid).visible());
        }
        giving.lock();
        try {
            uuids.forEach(uuid -> allocations.started(new Holding(resource, uuid)));
        } finally {
            giving.unlock();
        }
        return devices;
    }

    /**
     * Records a driver error on a MIG instance: no further pod gets its devices until it is cut again. Takes effect
     * with the next look; does not block.
     */
    void hit(GpuEvent.Xid xid) {
        faulty.add(xid);
    }

    @Override
    public void shut() {
        giving.lock();
        try {
            if (!keptOff) {
                keptOff = true;
                offer();
            }
        } finally {
            giving.unlock();
        }
    }

    @Override
    public void open(Set<String> gpuUuids) {
        Optional<Set<String>> now = Optional.of(Set.copyOf(gpuUuids));
        giving.lock();
        try {
            if (keptOff || !openGpus.equals(now)) {
                keptOff = false;
                openGpus = now;
                offer();
            }
        } finally {
            giving.unlock();
        }
    }

    @Override
    public Pause pause() {
        giving.lock();
        return () -> {
            try {
                KnownLayout.Look look = beginLook();
                // Starting containers wait for this; a GPU that hangs is read again on the next refresh.
                take(look, look.readWhatAnswers(driver, gpus));
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
            return allocations.untold(DeviceAllocations.of(told));
        } finally {
            giving.unlock();
        }
    }

    @Override
    public boolean leave(String gpuUuid) {
        DeviceAllocations.Answer answer;
        try {
            answer = ask();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        giving.lock();
        try {
            allocations.told(answer);
            left.add(gpuUuid);
            offer();
            return answer.isKnown()
                    && allocations.all().stream()
                            .flatMap(hold -> known.layout().find(hold.uuid()).stream())
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
