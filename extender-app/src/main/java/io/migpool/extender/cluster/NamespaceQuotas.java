package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.extender.pool.Charge;
import io.migpool.extender.pool.PodDemand;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * ResourceQuotas on GPU memory and cores, and what the bound pods of each namespace have. HAMi's names:
 * {@code limits.nvidia.com/gpumem} and {@code limits.nvidia.com/gpucores}, with the configured resource names. Kubernetes
 * counts nothing for names that are not resources of a node, so counting is left to the scheduler.
 *
 * <p>Written under the lock of the cluster state, read by any thread.
 */
final class NamespaceQuotas {

    private final Map<String, Map<String, QuotaLimits>> limits = new ConcurrentHashMap<>();
    private final Map<String, Charge> used = new ConcurrentHashMap<>();

    /** The quotas as last reported, by namespace and name, for interpreting them under other settings. */
    private final Map<String, ResourceQuota> reported = new HashMap<>();

    void settingsChanged(DeviceSettings settings) {
        reported.values().forEach(quota -> read(quota, settings));
    }

    void quotaChanged(ResourceQuota quota, DeviceSettings settings) {
        reported.put(nameOf(quota), quota);
        read(quota, settings);
    }

    private static String nameOf(ResourceQuota quota) {
        return quota.getMetadata().getNamespace() + "/" + quota.getMetadata().getName();
    }

    private void read(ResourceQuota quota, DeviceSettings settings) {
        QuotaLimits read = QuotaLimits.of(quota, settings.resources(), settings.defaults());
        PodKey key = PodKey.of(quota.getMetadata());
        if (read.isEmpty()) {
            forget(quota);
            return;
        }
        limits.compute(key.namespace(), (namespace, known) -> {
            Map<String, QuotaLimits> all = known == null ? new TreeMap<>() : new TreeMap<>(known);
            all.put(key.name(), read);
            return all;
        });
    }

    void quotaGone(ResourceQuota quota) {
        reported.remove(nameOf(quota));
        forget(quota);
    }

    private void forget(ResourceQuota quota) {
        PodKey key = PodKey.of(quota.getMetadata());
        limits.computeIfPresent(key.namespace(), (namespace, known) -> {
            Map<String, QuotaLimits> all = new TreeMap<>(known);
            all.remove(key.name());
            return all.isEmpty() ? null : all;
        });
    }

    void podChanged(@Nullable PodEntry before, @Nullable PodEntry after) {
        add(before, -1);
        add(after, 1);
    }

    private void add(@Nullable PodEntry pod, int sign) {
        PodDemand demand = pod == null ? null : pod.demand();
        if (pod == null || demand == null || pod.reservation() == null) {
            return;
        }
        Charge charge = Charge.of(pod.reservation(), demand.request());
        used.compute(pod.key().namespace(), (namespace, known) -> {
            Charge sum = known == null ? Charge.NONE : known;
            Charge changed = sign > 0 ? sum.plus(charge) : sum.minus(charge);
            return changed.equals(Charge.NONE) ? null : changed;
        });
    }

    Optional<GpuQuota> of(String namespace) {
        Map<String, QuotaLimits> known = limits.get(namespace);
        if (known == null) {
            return Optional.empty();
        }
        return Optional.of(new GpuQuota(
                known.values().stream()
                        .flatMapToLong(limit -> limit.memoryMiB().stream())
                        .min(),
                known.values().stream()
                        .flatMapToLong(limit -> limit.cores().stream())
                        .min(),
                used.getOrDefault(namespace, Charge.NONE)));
    }

    Map<String, GpuQuota> all() {
        Map<String, GpuQuota> all = new TreeMap<>();
        limits.keySet().forEach(namespace -> of(namespace).ifPresent(quota -> all.put(namespace, quota)));
        return all;
    }
}
