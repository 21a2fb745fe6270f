package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Assigns devices to pods at admission and keeps track of them. All containers of a pod are served at once, init
 * containers first; later ones reuse an init container's ids before free ones, except those of a sidecar, which keeps
 * its own. Among free ids the choice is random and may fall on an id that another pod has just given back.
 *
 * <p>As in kubelet, the checkpoint is written after an allocation and when a device list has changed. Until then it may
 * name pods that have ended or are gone.
 */
final class DeviceAllocator {

    private final DevicePlugins plugins;
    private final Checkpoint checkpoint;
    private final Random random;

    // Guards assignments and random; never held while a plugin is called.
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, List<ContainerDevices>> assignments = new TreeMap<>();
    // Orders the writes of the checkpoint, so that the newest content is the one that stays.
    private final ReentrantLock writing = new ReentrantLock();

    DeviceAllocator(DevicePlugins plugins, Checkpoint checkpoint, Collection<ContainerDevices> remembered, long seed) {
        this.plugins = plugins;
        this.checkpoint = checkpoint;
        this.random = new Random(seed);
        for (var devices : remembered) {
            assignments
                    .computeIfAbsent(devices.podUid(), _ -> new ArrayList<>())
                    .add(devices);
        }
    }

    /**
     * Allocates for every container of the pod; a pod that already has devices keeps them if the plugin reports them
     * healthy. Calls must not overlap: kubelet admits one pod after another.
     *
     * @param running names of its containers that were running when kubelet started; they need nothing
     * @return why the pod cannot be admitted, or empty
     */
    Optional<Refusal> admit(Pod pod, Set<String> running) {
        var uid = pod.getMetadata().getUid();
        var reusable = new HashMap<String, Set<String>>();
        try {
            for (var container : ContainerPlan.of(pod)) {
                for (var limit : container.limits().entrySet()) {
                    var resource = limit.getKey();
                    var reuse = reusable.computeIfAbsent(resource, _ -> new LinkedHashSet<>());
                    var endpoint = plugins.endpoint(resource);
                    if (running.contains(container.name())) {
                        held(uid, container, resource)
                                .ifPresent(devices -> settleReuse(container, devices.ids(), reuse));
                    } else if (endpoint.isPresent()) {
                        allocate(uid, container, endpoint.get(), limit.getValue(), reuse);
                    } else if (isAssigned(resource)) {
                        throw new PluginException(
                                "Allocate failed due to cannot allocate unregistered device " + resource);
                    } else if (plugins.removed().contains(resource)) {
                        free(uid);
                        return Optional.of(Refusal.outOf(resource, limit.getValue(), 0, 0));
                    }
                }
            }
        } catch (PluginException refusal) {
            free(uid);
            return Optional.of(new Refusal("UnexpectedAdmissionError", refusal.getMessage() + ", which is unexpected"));
        }
        return Optional.empty();
    }

    /** Frees the devices that the checkpoint lists for pods that no longer exist. */
    void retainPods(Set<String> podUids) {
        lock.lock();
        try {
            assignments.keySet().retainAll(podUids);
        } finally {
            lock.unlock();
        }
    }

    /** Frees the pod's devices. */
    void free(String podUid) {
        lock.lock();
        try {
            assignments.remove(podUid);
        } finally {
            lock.unlock();
        }
    }

    /** Returns a container's devices, one entry per resource. */
    List<ContainerDevices> devicesOf(String podUid, String container) {
        lock.lock();
        try {
            return assignments.getOrDefault(podUid, List.of()).stream()
                    .filter(devices -> devices.container().equals(container))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Replaces the checkpoint file with the present state. */
    void writeCheckpoint() {
        writing.lock();
        try {
            checkpoint.write(new Checkpoint.Content(snapshot(), Checkpoint.registered(plugins.endpoints())));
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        } finally {
            writing.unlock();
        }
    }

    private void allocate(
            String uid, ContainerPlan container, PluginEndpoint endpoint, int count, Set<String> reusable) {
        var resource = endpoint.resource();
        var healthy = endpoint.healthyIds();
        if (healthy.isEmpty()) {
            throw new PluginException(
                    "Allocate failed due to no healthy devices present; cannot allocate unhealthy devices " + resource);
        }
        var held = held(uid, container, resource);
        if (held.isPresent()) {
            if (!healthy.containsAll(held.get().ids())) {
                throw new PluginException(
                        "Allocate failed due to previously allocated devices are no longer healthy; cannot allocate unhealthy devices "
                                + resource);
            }
            settleReuse(container, held.get().ids(), reusable);
            return;
        }
        var ids = choose(endpoint, healthy, count, reusable);
        var numaNodes = new TreeMap<String, Long>();
        endpoint.devices().stream()
                .filter(device -> ids.contains(device.id()))
                .forEach(device -> numaNodes.put(device.id(), device.numaNode()));
        var connection = endpoint.connection()
                .orElseThrow(() -> new PluginException(
                        "Allocate failed due to endpoint of %s has been stopped".formatted(resource)));
        try {
            var answer = connection.allocate(ids);
            record(new ContainerDevices(uid, container.name(), resource, numaNodes, answer));
        } catch (StatusRuntimeException failure) {
            throw new PluginException(
                    "Allocate failed due to rpc error: code = %s desc = %s"
                            .formatted(
                                    failure.getStatus().getCode(),
                                    failure.getStatus().getDescription()),
                    failure);
        }
        settleReuse(container, ids, reusable);
    }

    private Optional<ContainerDevices> held(String uid, ContainerPlan container, String resource) {
        return devicesOf(uid, container.name()).stream()
                .filter(devices -> devices.resource().equals(resource))
                .findFirst();
    }

    private boolean isAssigned(String resource) {
        return snapshot().stream().anyMatch(devices -> devices.resource().equals(resource));
    }

    private Set<String> choose(PluginEndpoint endpoint, List<String> healthy, int count, Set<String> reusable) {
        var chosen = new LinkedHashSet<String>();
        List<String> free;
        lock.lock();
        try {
            var taken = new HashSet<String>();
            assignments.values().forEach(list -> list.stream()
                    .filter(devices -> devices.resource().equals(endpoint.resource()))
                    .forEach(devices -> taken.addAll(devices.ids())));
            free = new ArrayList<>(
                    healthy.stream().filter(id -> !taken.contains(id)).toList());
            var offered = new ArrayList<>(reusable);
            Collections.shuffle(offered, random);
            Collections.shuffle(free, random);
            offered.stream().limit(count).forEach(chosen::add);
        } finally {
            lock.unlock();
        }
        var missing = count - chosen.size();
        if (free.size() < missing) {
            throw new PluginException(
                    "Allocate failed due to requested number of devices unavailable for %s. Requested: %d, Available: %d"
                            .formatted(endpoint.resource(), missing, free.size()));
        }
        if (missing > 0
                && endpoint.prefersItsOwnChoice()
                && endpoint.connection().isPresent()) {
            chosen.addAll(preferred(endpoint.connection().get(), free, chosen, count));
        }
        free.stream()
                .filter(id -> !chosen.contains(id))
                .limit(count - chosen.size())
                .forEach(chosen::add);
        return chosen;
    }

    /**
     * Asks the plugin for a preference, which is a hint: ids that were not offered are ignored; a failing call fails
     * the pod.
     */
    private static List<String> preferred(
            PluginConnection connection, List<String> free, Set<String> mustInclude, int count) {
        var available = new ArrayList<>(free);
        available.addAll(mustInclude);
        try {
            return connection.preferred(available, mustInclude, count).stream()
                    .filter(free::contains)
                    .limit(count - mustInclude.size())
                    .toList();
        } catch (StatusRuntimeException failure) {
            throw new PluginException(
                    "Allocate failed due to device plugin GetPreferredAllocation rpc failed with err: "
                            + failure.getMessage(),
                    failure);
        }
    }

    private static void settleReuse(ContainerPlan container, Set<String> ids, Set<String> reusable) {
        switch (container.kind()) {
            case INIT -> reusable.addAll(ids);
            case SIDECAR, APP -> reusable.removeAll(ids);
        }
    }

    private void record(ContainerDevices devices) {
        lock.lock();
        try {
            assignments
                    .computeIfAbsent(devices.podUid(), _ -> new ArrayList<>())
                    .add(devices);
        } finally {
            lock.unlock();
        }
        writeCheckpoint();
    }

    private List<ContainerDevices> snapshot() {
        lock.lock();
        try {
            return assignments.values().stream().flatMap(List::stream).toList();
        } finally {
            lock.unlock();
        }
    }
}
