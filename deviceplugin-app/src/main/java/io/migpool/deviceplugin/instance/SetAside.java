package io.migpool.deviceplugin.instance;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Of the ownership file, what cannot be looked at now: kept for a start that can. Thread-safe. */
final class SetAside {

    private final CopyOnWriteArrayList<MigInstance> instances = new CopyOnWriteArrayList<>();

    void add(Collection<MigInstance> unseen) {
        instances.addAll(unseen);
    }

    /** Whether a slice exists for a pod as far as anybody knows: a container of it may run there. */
    boolean has(Slice slice, String podUid) {
        return instances.stream().anyMatch(instance -> instance.slice().equals(slice) && instance.belongsTo(podUid));
    }

    /** A GPU is somebody else's now. */
    void forget(String gpuUuid) {
        instances.removeIf(instance -> instance.slice().gpuUuid().equals(gpuUuid));
    }

    /** Without what was adopted, or cut anew in the same place, meanwhile: then the old word does not count any more. */
    List<MigInstance> beside(Collection<MigInstance> present) {
        return instances.stream()
                .filter(instance -> present.stream().noneMatch(instance::overlaps))
                .toList();
    }
}
