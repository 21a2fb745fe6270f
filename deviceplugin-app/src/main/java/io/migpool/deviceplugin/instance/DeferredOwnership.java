package io.migpool.deviceplugin.instance;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Entries of the ownership file whose GPU is not there, kept until it comes or for a later start. Thread-safe. */
final class DeferredOwnership {

    private final CopyOnWriteArrayList<MigInstance> instances = new CopyOnWriteArrayList<>();

    void add(Collection<MigInstance> unseen) {
        instances.addAll(unseen);
    }

    /** Returns whether, as far as is known, a slice exists for a pod, so that a container may be running there. */
    boolean has(Slice slice, String podUid) {
        return instances.stream().anyMatch(instance -> instance.slice().equals(slice) && instance.belongsTo(podUid));
    }

    /** Returns the entries of a GPU. */
    List<MigInstance> on(String gpuUuid) {
        return instances.stream()
                .filter(instance -> instance.slice().gpuUuid().equals(gpuUuid))
                .toList();
    }

    /**
     * Puts what a pod had into quarantine, because it is gone: what there is of it, and whether it is in use, shows
     * once the GPU has come.
     *
     * @param ended when its containers have ended at the latest
     */
    void release(String podUid, Instant ended) {
        instances.replaceAll(
                instance -> instance.belongsTo(podUid) && instance.state().mayBecome(InstanceState.QUARANTINED)
                        ? instance.become(InstanceState.QUARANTINED, null, ended)
                        : instance);
    }

    /** Drops all entries, because they are of another boot. */
    void forgetAll() {
        instances.clear();
    }

    /** Drops the entries of a GPU that was given up, or has come. */
    void forget(String gpuUuid) {
        instances.removeIf(instance -> instance.slice().gpuUuid().equals(gpuUuid));
    }

    List<MigInstance> all() {
        return List.copyOf(instances);
    }
}
