package io.migpool.admission.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.migpool.admission.review.GpuKind;
import io.migpool.admission.review.Pool;
import io.migpool.config.DeviceSettings;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.BoardProfiles;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.GpuModel;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.NodeRegistration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and quotas seen so far, and the pool that they make up under the present settings. Thread-safe; the pool is
 * recomputed only after a relevant change.
 */
public final class PoolFacts {

    private record Answer(DeviceSettings devices, NodeSettings nodes, long version, Pool pool) {}

    private final Map<String, Map<GpuInventory, Integer>> nodes = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> resources = new ConcurrentHashMap<>();
    private final Map<String, ResourceQuota> quotas = new ConcurrentHashMap<>();
    private final AtomicLong version = new AtomicLong();
    /** Before that, a resource may be on a node that has not been seen yet. */
    private volatile boolean allNodesSeen;

    private final AtomicReference<@Nullable Answer> latest = new AtomicReference<>();

    /** Records a new or changed node. */
    void nodeChanged(Node node) {
        String name = node.getMetadata().getName();
        Map<GpuInventory, Integer> gpus = gpus(node);
        Map<GpuInventory, Integer> before = gpus.isEmpty() ? nodes.remove(name) : nodes.put(name, gpus);
        Set<String> offers = extendedResources(node);
        Set<String> offered = offers.isEmpty() ? resources.remove(name) : resources.put(name, offers);
        if (!gpus.equals(Objects.requireNonNullElse(before, Map.of()))
                || !offers.equals(Objects.requireNonNullElse(offered, Set.of()))) {
            version.incrementAndGet();
        }
    }

    /** Records that all nodes have been seen once. */
    void nodesListed() {
        allNodesSeen = true;
        version.incrementAndGet();
    }

    /** Records that a node is gone. */
    void nodeGone(Node node) {
        boolean hadGpus = nodes.remove(node.getMetadata().getName()) != null;
        boolean hadResources = resources.remove(node.getMetadata().getName()) != null;
        if (hadGpus || hadResources) {
            version.incrementAndGet();
        }
    }

    /** Records a new or changed quota. Most changes concern its usage, which does not matter here. */
    void quotaChanged(ResourceQuota quota) {
        ResourceQuota now = limiting(quota);
        if (!now.equals(quotas.put(key(quota), now))) {
            version.incrementAndGet();
        }
    }

    /** Records that a quota is gone. */
    void quotaGone(ResourceQuota quota) {
        if (quotas.remove(key(quota)) != null) {
            version.incrementAndGet();
        }
    }

    /** Returns the pool under these settings. */
    public Pool pool(DeviceSettings devices, NodeSettings nodeSettings) {
        Answer known = latest.get();
        long now = version.get();
        if (known != null
                && known.version == now
                && known.devices.equals(devices)
                && known.nodes.equals(nodeSettings)) {
            return known.pool;
        }
        Set<String> offered =
                allNodesSeen ? resources.values().stream().flatMap(Set::stream).collect(Collectors.toSet()) : Set.of();
        Pool pool = new Pool(equipment(devices), offered, limits(devices), largestMiB(devices, nodeSettings));
        latest.set(new Answer(devices, nodeSettings, now, pool));
        return pool;
    }

    /** Reads a node's GPUs. A malformed registration counts as no GPUs; the extender reports it. */
    private static Map<GpuInventory, Integer> gpus(Node node) {
        Map<String, String> annotations =
                Optional.ofNullable(node.getMetadata().getAnnotations()).orElse(Map.of());
        try {
            return NodeRegistration.fromAnnotations(annotations).stream()
                    .map(PoolFacts::kind)
                    .collect(Collectors.toUnmodifiableMap(Function.identity(), gpu -> 1, Integer::sum));
        } catch (MalformedAnnotationException e) {
            return Map.of();
        }
    }

    /**
     * Reads the node's extended resources. kubelet keeps the name of one that is gone, with an amount of zero; one
     * whose plugin restarts keeps its capacity for some minutes.
     */
    private static Set<String> extendedResources(Node node) {
        if (node.getStatus() == null || node.getStatus().getCapacity() == null) {
            return Set.of();
        }
        return node.getStatus().getCapacity().entrySet().stream()
                .filter(entry -> entry.getKey().contains("/"))
                .filter(entry -> !entry.getValue().getAmount().equals("0"))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the GPU without what distinguishes it from others of its kind. */
    private static GpuInventory kind(GpuInventory gpu) {
        return new GpuInventory(
                "any",
                0,
                0,
                gpu.memoryMiB(),
                gpu.corePercent(),
                gpu.model(),
                0,
                gpu.mode(),
                gpu.profiles(),
                true,
                List.of(),
                List.of());
    }

    private Set<Map<GpuKind, Integer>> equipment(DeviceSettings devices) {
        Map<GpuInventory, GpuKind> kinds = new HashMap<>();
        Set<Map<GpuKind, Integer>> equipment = new HashSet<>();
        for (Map<GpuInventory, Integer> gpus : Set.copyOf(nodes.values())) {
            Map<GpuKind, Integer> node = new HashMap<>();
            gpus.forEach((gpu, count) ->
                    node.merge(kinds.computeIfAbsent(gpu, any -> usable(any, devices)), count, Integer::sum));
            equipment.add(Map.copyOf(node));
        }
        return equipment;
    }

    private static GpuKind usable(GpuInventory gpu, DeviceSettings devices) {
        GpuModel model = new GpuModel(gpu.model(), gpu.memoryMiB());
        Stream<ProfileCapability> profiles = gpu.profiles().stream();
        Optional<Set<ProfileCapability>> allowed =
                devices.allowedProfilesFor(model).map(names -> resolve(gpu, names.stream()));
        if (allowed.isPresent()) {
            profiles = profiles.filter(allowed.get()::contains);
        }
        var geometries = devices.geometriesFor(model);
        if (!geometries.isEmpty()) {
            Set<ProfileCapability> listed =
                    resolve(gpu, geometries.stream().flatMap(geometry -> geometry.counts().keySet().stream()));
            profiles = profiles.filter(listed::contains);
        }
        boolean mig = gpu.mode() == GpuMode.MIG;
        return new GpuKind(
                gpu.mode(),
                gpu.memoryMiB(),
                gpu.corePercent(),
                mig ? new BoardProfiles(gpu.profiles()) : BoardProfiles.NONE,
                mig ? profiles.collect(Collectors.toSet()) : Set.of());
    }

    private static Set<ProfileCapability> resolve(GpuInventory gpu, Stream<MigProfile> names) {
        return names.map(gpu::resolve).flatMap(Optional::stream).collect(Collectors.toSet());
    }

    private Map<String, Map<String, QuotaLimits>> limits(DeviceSettings devices) {
        Map<String, Map<String, QuotaLimits>> limits = new HashMap<>();
        for (ResourceQuota quota : quotas.values()) {
            QuotaLimits read = QuotaLimits.of(quota, devices.resources(), devices.defaults());
            if (!read.isEmpty()) {
                limits.computeIfAbsent(quota.getMetadata().getNamespace(), namespace -> new HashMap<>())
                        .put(quota.getMetadata().getName(), read);
            }
        }
        return limits;
    }

    /** Returns the most memory that a GPU may offer; shared GPUs may offer more than they have. */
    private static long largestMiB(DeviceSettings devices, NodeSettings nodes) {
        double scaling = Stream.concat(
                        Stream.of(devices.nodeDefaults().deviceMemoryScaling()),
                        nodes.nodes().stream().map(node -> node.overrides()
                                .over(devices.nodeDefaults())
                                .deviceMemoryScaling()))
                .reduce(1.0, Math::max);
        return Math.round(Pool.LARGEST_BOARD_MIB * scaling);
    }

    /** Returns only the name and the limits of a quota. */
    private static ResourceQuota limiting(ResourceQuota quota) {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace(quota.getMetadata().getNamespace())
                .withName(quota.getMetadata().getName())
                .endMetadata()
                .withSpec(quota.getSpec())
                .build();
    }

    private static String key(ResourceQuota quota) {
        return quota.getMetadata().getNamespace() + "/" + quota.getMetadata().getName();
    }
}
