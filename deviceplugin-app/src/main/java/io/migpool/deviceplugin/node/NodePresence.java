package io.migpool.deviceplugin.node;

import io.migpool.config.MigStrategy;
import io.migpool.config.Subscription;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.GpuConditions;
import io.migpool.contracts.wire.LinkScores;
import io.migpool.contracts.wire.NodeRegistration;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.NodeAnnotations;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuEvent;
import io.migpool.deviceplugin.health.GpuHealth;
import io.migpool.deviceplugin.health.HealthWatch;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.reservation.OfferedGpus;
import io.migpool.deviceplugin.reservation.SharingSettings;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * This node's presence in the cluster: which GPUs it offers and how, published in the Node's annotations. Follows
 * configuration, the driver and the pool while it runs.
 */
public final class NodePresence implements OfferedGpus, AutoCloseable {

    /** Settings and pool wake the loop, but the driver's state has to be polled. */
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(2);
    /** Each step of creating an instance changes the pool, and starting containers need the driver more urgently. */
    private static final Duration LEAST_PAUSE = Duration.ofMillis(250);

    private final LivePlan plan;
    private final InstancePool pool;
    private final NodeAnnotations node;
    private final GpuHealth health;
    private final HealthWatch healthWatch;
    private final GpuOffers offers;
    private final UnidentifiedGpus unidentified;
    private final NodeLinks links;
    private final StuckInstances stuck;
    private final NodeAnnouncer announcer;
    private volatile BooleanSupplier kubeletHasSlots = () -> false;
    private Subscription planChanges = () -> {};
    private final Loop loop = Loop.ofDriverCalls("gpu-offers", LOOK_INTERVAL, LEAST_PAUSE, this::look);
    /** What one GPU that hangs may hold up: nothing that is offered depends on it. */
    private final Loop details = Loop.ofDriverCalls("gpu-details", LOOK_INTERVAL, LEAST_PAUSE, this::lookAtDetails);

    public NodePresence(
            LivePlan plan,
            GpuDriver driver,
            InstancePool pool,
            LabelDrivenGpus labelDriven,
            GpuHealth health,
            NodeAnnotations node,
            Events events,
            InstantSource clock) {
        this.plan = plan;
        this.pool = pool;
        this.node = node;
        this.health = health;
        this.healthWatch = new HealthWatch(driver, health, loop::wake);
        this.offers = new GpuOffers(driver, pool, health, labelDriven, plan::current, events, loop::wake, clock);
        this.unidentified = new UnidentifiedGpus(driver, events);
        this.links = new NodeLinks(driver, clock);
        this.stuck = new StuckInstances(driver, pool, events, StuckInstances::commandOf);
        this.announcer = new NodeAnnouncer(node, this::announcement, () -> kubeletHasSlots.getAsBoolean());
    }

    /**
     * Sets the condition under which this node serves; until then it does not. kubelet permanently fails a pod that it
     * admits without our slots, so {@link #kubeletChanged} must be called after each change.
     */
    public void serveWhile(BooleanSupplier kubeletHasSlots) {
        this.kubeletHasSlots = kubeletHasSlots;
    }

    /** Reports that kubelet may have got our slots, or lost them. */
    public void kubeletChanged() {
        announcer.check();
    }

    /** Starts deciding what to offer and announcing it. Blocks on driver calls the first time. */
    public void start() {
        var _ = unidentified.look();
        offers.decide();
        var _ = links.look(indices().keySet());
        offers.onChange(() -> {
            announcer.check();
            details.wake();
        });
        pool.onChange(() -> {
            announcer.check();
            loop.wake();
        });
        planChanges = plan.onChange(loop::wake);
        announcer.start();
        loop.start();
        details.start();
        healthWatch.start();
    }

    private Loop.Next look() {
        if (unidentified.look()) {
            offers.changed();
        }
        offers.decide();
        return Loop.Next.AFTER_PAUSE;
    }

    private Loop.Next lookAtDetails() {
        if (links.look(indices().keySet())) {
            announcer.check();
        }
        stuck.look();
        return Loop.Next.AFTER_PAUSE;
    }

    @Override
    public String nodeName() {
        return plan.nodeName();
    }

    private Optional<Map<String, String>> announcement() {
        if (!offers.isSettled()) {
            return Optional.empty();
        }
        List<GpuInventory> gpus = inventory();
        Map<String, String> annotations = new TreeMap<>(NodeRegistration.toAnnotations(gpus));
        annotations.put(Annotations.NODE_GPU_CONDITIONS, GpuConditions.encode(told()));
        LinkScores scores = links.among(gpus.stream().map(GpuInventory::uuid).collect(Collectors.toSet()));
        boolean toldBefore = node.current()
                .filter(live -> live.containsKey(Annotations.NODE_LINKS))
                .isPresent();
        if (toldBefore || !scores.isEmpty()) {
            annotations.put(Annotations.NODE_LINKS, scores.encode());
        }
        return Optional.of(annotations);
    }

    private List<GpuConditions.Condition> told() {
        Stream<GpuConditions.Condition> known = offers.standings().stream()
                .flatMap(standing -> standing.condition().stream()
                        .map(condition -> new GpuConditions.Condition(
                                standing.gpu().uuid(), standing.gpu().index(), condition.reason(), condition.note())));
        return Stream.concat(known, unidentified.conditions().stream())
                .sorted(Comparator.comparingInt(GpuConditions.Condition::index))
                .toList();
    }

    /** Reports that the Node object changed, to check its annotations and whether its labels select other settings. */
    public void nodeChanged() {
        loop.wake();
        announcer.check();
    }

    /** Reports that all pods bound here are known; which GPUs may change their mode depends on them. */
    public void podsListed() {
        loop.wake();
    }

    /** Calls the listener when the offered GPUs change; it must be quick. */
    public void onChange(Runnable listener) {
        offers.onChange(listener);
    }

    /** Calls the listener for each Xid that counts and affects a MIG instance; it must be quick. */
    public void onInstanceHit(Consumer<GpuEvent.Xid> listener) {
        health.onInstanceHit(listener);
    }

    /** Returns why a GPU of this node, label-driven or not, is unfit for new pods, if it is. */
    public Optional<String> ailment(String gpuUuid) {
        return health.ailment(gpuUuid);
    }

    /** Returns how the devices of label-driven GPUs are offered. */
    public MigStrategy migStrategy() {
        return plan.current().node().migStrategy();
    }

    @Override
    public Map<String, Integer> indices() {
        return offers.indices();
    }

    @Override
    public Map<String, Integer> minors() {
        return offers.minors();
    }

    @Override
    public List<GpuInventory> inventory() {
        return offers.current().stream()
                .map(offer -> offer.inventory(pool.instances()))
                .toList();
    }

    /**
     * Returns what keeps GPUs from serving normally, by GPU UUID, or {@code index-<n>} for one that could not be
     * identified.
     */
    public Map<String, GpuCondition> conditions() {
        Map<String, GpuCondition> conditions = new TreeMap<>();
        offers.standings().forEach(standing -> standing.condition()
                .ifPresent(condition -> conditions.put(standing.gpu().uuid(), condition)));
        unidentified
                .conditions()
                .forEach(condition -> conditions.put(
                        condition.gpuUuid(), new GpuCondition(GpuTrouble.GPU_UNIDENTIFIED, condition.note())));
        return conditions;
    }

    @Override
    public Set<String> cordoned() {
        String cordon = node.current()
                .map(annotations -> annotations.get(Annotations.DEVICE_CORDON))
                .orElse("");
        return Arrays.stream(cordon.split(",", -1)).map(String::strip).collect(Collectors.toSet());
    }

    /** Returns the number of slots of all GPUs, healthy or not. */
    public int slots() {
        return offers.current().stream().mapToInt(GpuOffer::slots).sum();
    }

    /** Returns the number of slots of GPUs that take no new pods. */
    public int closedSlots() {
        return offers.current().stream()
                .filter(offer -> !offer.healthy())
                .mapToInt(GpuOffer::slots)
                .sum();
    }

    /** Returns whether a GPU takes no new pods. */
    public boolean isClosed(String gpuUuid) {
        return offers.current().stream()
                .noneMatch(offer -> offer.healthy() && offer.gpu().uuid().equals(gpuUuid));
    }

    /** Returns whether pods on a GPU are in trouble; a GPU that only waits for them to end is not sick. */
    public boolean isSick(String gpuUuid) {
        return offers.standings().stream()
                .anyMatch(standing -> standing.gpu().uuid().equals(gpuUuid) && standing.isSick());
    }

    @Override
    public Optional<GpuMode> modeOf(String gpuUuid) {
        return offers.current().stream()
                .filter(offer -> offer.gpu().uuid().equals(gpuUuid))
                .map(GpuOffer::mode)
                .findFirst();
    }

    @Override
    public boolean hasLeft(String gpuUuid, GpuMode promised) {
        return offers.hasLeft(gpuUuid, promised);
    }

    @Override
    public SharingSettings sharing() {
        return plan.current().sharing();
    }

    /** Returns the count resource. */
    public String resourceName() {
        return plan.countResource();
    }

    /** Returns whether the cluster knows the node's GPUs. */
    public boolean isAnnounced() {
        return announcer.isAnnounced();
    }

    /**
     * Announces that nothing can be started here for now, and nothing more after that. Tries once; blocks on a call.
     *
     * @return whether this call has announced it
     */
    public boolean stopServing() {
        return announcer.stop();
    }

    /** Announces the stop, then stops. */
    @Override
    public void close() {
        planChanges.close();
        healthWatch.close();
        loop.close();
        details.close();
        offers.close();
        announcer.close();
    }
}
