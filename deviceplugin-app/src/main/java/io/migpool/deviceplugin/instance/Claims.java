package io.migpool.deviceplugin.instance;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What pods hold, by pod. Thread-safe. */
final class Claims {

    private final ConcurrentHashMap<String, PodClaim> byPod = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Calls the listener when a pod holds something else than before, on the thread that made it so. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Whether the pod held something else before, or nothing. */
    boolean put(PodClaim claim) {
        boolean changed = !claim.equals(byPod.put(claim.uid(), claim));
        if (changed) {
            tell();
        }
        return changed;
    }

    void putIfAbsent(PodClaim claim) {
        if (byPod.putIfAbsent(claim.uid(), claim) == null) {
            tell();
        }
    }

    /** Whether the pod held something. */
    boolean remove(String podUid) {
        boolean held = byPod.remove(podUid) != null;
        if (held) {
            tell();
        }
        return held;
    }

    Optional<PodClaim> of(String podUid) {
        return Optional.ofNullable(byPod.get(podUid));
    }

    Collection<PodClaim> all() {
        return List.copyOf(byPod.values());
    }

    private void tell() {
        listeners.forEach(Runnable::run);
    }
}
