package io.migpool.deviceplugin.node;

import io.migpool.config.DeviceSettings;
import io.migpool.config.LiveSettings;
import io.migpool.config.MigStrategy;
import io.migpool.config.NodeDefaults;
import io.migpool.config.NodeSettings;
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
import io.migpool.deviceplugin.health.HealthObserver;
import io.migpool.deviceplugin.health.HealthSettings;
import io.migpool.deviceplugin.health.HealthWatch;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this node is to the cluster: which GPUs it offers and how, kept on the Node's annotations. Follows configuration, the
 * driver and the pool while it runs.
 */
public final class NodePresence implements OfferedGpus, AutoCloseable {

    /** Settings and pool wake the loop; the driver's state has to be looked at. */
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(2);
    /** Each step of each cut is a change of the pool; starting containers need the driver more than we do. */
    private static final Duration LEAST_PAUSE = Duration.ofMillis(250);

    private final String nodeName;
    private final InstancePool pool;
    private final LiveSettings<DeviceSettings> devices;
    private final LiveSettings<NodeSettings> nodes;
    private final NodeAnnotations node;
    private final Supplier<Optional<Map<String, String>>> labels;
    private final GpuHealth health;
    private final HealthWatch healthWatch;
    private final GpuOffers offers;
    private final UnidentifiedGpus unidentified;
    private final Events events;
    private final NodeLinks links;
    private final StuckInstances stuck;
    private final NodeAnnouncer announcer;
    private volatile BooleanSupplier kubeletHasSlots = () -> false;
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Loop loop = Loop.ofDriverCalls("gpu-offers", LOOK_INTERVAL, LEAST_PAUSE, this::look);

    /**
     * @param labels of our Node; empty while it has not been seen
     */
    public NodePresence(
            String nodeName,
            GpuDriver driver,
            InstancePool pool,
            LabelDrivenGpus labelDriven,
            LiveSettings<DeviceSettings> devices,
            LiveSettings<NodeSettings> nodes,
            NodeAnnotations node,
            Supplier<Optional<Map<String, String>>> labels,
            Events events,
            HealthSettings healthSettings,
            HealthObserver healthObserver,
            InstantSource clock) {
        this.nodeName = nodeName;
        this.pool = pool;
        this.devices = devices;
        this.nodes = nodes;
        this.node = node;
        this.labels = labels;
        this.health = new GpuHealth(driver::recoveryAction, pool, healthSettings, events, healthObserver, clock);
        this.healthWatch = new HealthWatch(driver, health, loop::wake);
        this.offers = new GpuOffers(driver, pool, health, labelDriven, this::plan, events, loop::wake, clock);
        this.unidentified = new UnidentifiedGpus(driver);
        this.events = events;
        this.links = new NodeLinks(driver, clock);
        this.stuck = new StuckInstances(driver, pool, events, StuckInstances::commandOf);
        this.announcer = new NodeAnnouncer(node, this::announcement, () -> kubeletHasSlots.getAsBoolean());
    }

    /**
     * Sets when this node serves; until then it does not. kubelet fails for good a pod that it admits while it has no slots of ours,
     * so {@link #kubeletChanged} has to follow each change.
     */
    public void serveWhile(BooleanSupplier kubeletHasSlots) {
        this.kubeletHasSlots = kubeletHasSlots;
    }

    /** kubelet may have got our slots, or lost them. */
    public void kubeletChanged() {
        announcer.check();
    }

    /** Decides what to offer, then keeps doing so and announces it. Blocks for driver calls the first time. */
    public void start() {
        offers.decide();
        unidentified.tell(events);
        links.look();
        offers.onChange(announcer::check);
        pool.onChange(() -> {
            announcer.check();
            loop.wake();
        });
        subscriptions.add(devices.onChange(_ -> loop.wake()));
        subscriptions.add(nodes.onChange(_ -> loop.wake()));
        // Settings may become known without a change.
        subscriptions.add(devices.onStatus(_ -> loop.wake()));
        subscriptions.add(nodes.onStatus(_ -> loop.wake()));
        announcer.start();
        loop.start();
        healthWatch.start();
    }

    private boolean look() {
        offers.decide();
        links.look();
        stuck.look();
        return true;
    }

    @Override
    public String nodeName() {
        return nodeName;
    }

    private GpuPlan plan() {
        return GpuPlan.of(nodeName, labels.get(), nodes, devices);
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

    /** The Node object changed: look whether it still says what it should, and whether its labels choose other settings. */
    public void nodeChanged() {
        loop.wake();
        announcer.check();
    }

    /** Calls the listener when the offered GPUs change; it must be quick. */
    public void onChange(Runnable listener) {
        offers.onChange(listener);
    }

    /** Calls the listener for each Xid that counts and hit a MIG instance; it must be quick. */
    public void onInstanceHit(Consumer<GpuEvent.Xid> listener) {
        health.onInstanceHit(listener);
    }

    /** Why a GPU of this node, whosever it is, is not fit for new pods, if it is not. */
    public Optional<String> ailment(String gpuUuid) {
        return health.ailment(gpuUuid);
    }

    /** How the devices of label-driven GPUs are offered. */
    public MigStrategy migStrategy() {
        return plan().node().migStrategy();
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

    /** What keeps GPUs from simply serving, by GPU UUID; {@code index-<n>} for one that could not be identified. */
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

    /** Slots of all GPUs, healthy or not. */
    public int slots() {
        return offers.current().stream().mapToInt(GpuOffer::slots).sum();
    }

    /** Slots of the GPUs that take no new pods. */
    public int closedSlots() {
        return offers.current().stream()
                .filter(offer -> !offer.healthy())
                .mapToInt(GpuOffer::slots)
                .sum();
    }

    /** Whether a GPU takes no new pods. */
    public boolean isClosed(String gpuUuid) {
        return offers.current().stream()
                .noneMatch(offer -> offer.healthy() && offer.gpu().uuid().equals(gpuUuid));
    }

    /** Whether pods on a GPU are in trouble; one that only waits for them to end is not sick. */
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
    public NodeDefaults sharing() {
        return plan().sharing();
    }

    /** The count resource. */
    public String resourceName() {
        return devices.current().resources().count();
    }

    /** Whether the cluster knows the node's GPUs. */
    public boolean isAnnounced() {
        return announcer.isAnnounced();
    }

    /**
     * Tells the cluster that nothing is started here for now, and announces nothing more. Tries once; blocks for a call.
     *
     * @return whether the cluster has just heard of it
     */
    public boolean stopServing() {
        return announcer.stop();
    }

    /** Stops, having told the cluster so. */
    @Override
    public void close() {
        subscriptions.forEach(Subscription::close);
        healthWatch.close();
        loop.close();
        offers.close();
        announcer.close();
    }
}
