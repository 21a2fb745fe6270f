package io.migpool.deviceplugin.observe;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.InstanceState;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Exposes which container has which MIG instance, in HAMi's series {@code hami_mig_device_info}. Every step of creating
 * an instance changes the pool, so the series is updated on a thread of its own, and only if it differs.
 */
public final class ContainerFigures implements AutoCloseable {

    /** Changes wake the loop; this only bounds the cost of a missed one. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(30);
    /** No monitor scrapes more often, and a burst of pods must not wait for metrics of each step. */
    private static final Duration LEAST_PAUSE = Duration.ofSeconds(1);

    private final MultiGauge containers;
    private final InstancePool pool;
    private final Loop loop = Loop.of("container-figures", CHECK_INTERVAL, LEAST_PAUSE, this::show);
    /** Used on the loop's thread only. */
    private Set<Tags> shown = Set.of();

    ContainerFigures(MeterRegistry registry, InstancePool pool) {
        this.pool = pool;
        this.containers = MultiGauge.builder("hami_mig_device_info")
                .description("MIG runtime identity for a container allocation")
                .register(registry);
    }

    /** Starts to expose the series. */
    public void start() {
        pool.onChange(loop::wake);
        loop.start();
    }

    private Loop.Next show() {
        Set<Tags> rows = rows(pool);
        if (!rows.equals(shown)) {
            containers.register(
                    rows.stream()
                            .<MultiGauge.Row<?>>map(tags -> MultiGauge.Row.of(tags, 1))
                            .toList(),
                    true);
            shown = rows;
        }
        return Loop.Next.AFTER_PAUSE;
    }

    /** Returns one row for each instance that a container has; no two have the same labels. */
    public static Set<Tags> rows(InstancePool pool) {
        Map<Slice, MigInstance> active = active(pool);
        // A pod and its successor of the same name may both claim a slice for a moment; no two rows may be alike.
        Set<Tags> labels = new LinkedHashSet<>();
        for (PodClaim claim : pool.claims()) {
            for (ContainerClaim container : claim.containers()) {
                for (int i = 0; i < container.devices().size(); i++) {
                    if (container.devices().get(i) instanceof ClaimedDevice.Mig(Slice slice)) {
                        int device = i;
                        Optional.ofNullable(active.get(slice))
                                .filter(instance -> instance.pod().equals(Optional.of(claim.uid())))
                                .flatMap(instance -> instance.driverState().identity())
                                .ifPresent(runtime -> labels.add(tags(claim, container, device, slice, runtime)));
                    }
                }
            }
        }
        return labels;
    }

    /** Returns the instances that pods have, by slice. */
    static Map<Slice, MigInstance> active(InstancePool pool) {
        Map<Slice, MigInstance> active = new HashMap<>();
        for (MigInstance instance : pool.instances()) {
            if (instance.state() == InstanceState.ACTIVE) {
                active.put(instance.slice(), instance);
            }
        }
        return active;
    }

    private static Tags tags(PodClaim claim, ContainerClaim container, int device, Slice slice, MigRuntime runtime) {
        return Tags.of(
                "zone", "vGPU",
                "namespace", claim.namespace(),
                "pod", claim.name(),
                "container", container.name(),
                "vdevice_index", Integer.toString(device),
                "device_uuid", slice.gpuUuid(),
                "mig_uuid", runtime.migUuid(),
                "profile", slice.profile().toString(),
                "gpu_instance_id", Integer.toString(runtime.gpuInstanceId()),
                "compute_instance_id", Integer.toString(runtime.computeInstanceId()));
    }

    @Override
    public void close() {
        loop.close();
    }
}
