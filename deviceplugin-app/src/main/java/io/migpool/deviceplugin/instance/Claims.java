package io.migpool.deviceplugin.instance;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The claims of pods. Thread-safe. */
final class Claims {

    private final ConcurrentHashMap<String, PodClaim> byPod = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Calls the listener when a pod's claim has changed, on the thread that changed it. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Stores a claim; returns whether it differs from the previous one. */
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

    /** Removes a claim; returns whether there was one. */
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
