package io.migpool.deviceplugin.instance;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The claims of pods. Thread-safe. */
final class Claims {

    private final ConcurrentHashMap<String, PodClaim> byPod = new ConcurrentHashMap<>();
    /** Claims of pods with shares that are gone while their containers may still run, by uid. */
    private final ConcurrentHashMap<String, LeavingClaim> leaving = new ConcurrentHashMap<>();

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

    /**
     * Remembers the claim of a pod with shares that is about to be removed, until its containers have ended.
     *
     * @param ended when they have ended at the latest
     */
    void leave(String podUid, Instant ended) {
        of(podUid).filter(PodClaim::hasShares).ifPresent(claim -> leaving.put(podUid, new LeavingClaim(claim, ended)));
    }

    /** Returns the claims of pods with shares that are gone but whose containers may run at this time. */
    List<LeavingClaim> leaving(Instant now) {
        leaving.replaceAll((_, pod) -> pod.plausible(now));
        leaving.values().removeIf(pod -> !now.isBefore(pod.ended()));
        return List.copyOf(leaving.values());
    }

    /** Takes over the claims of an earlier run. */
    void restore(Ownership saved) {
        saved.claims().forEach(this::putIfAbsent);
        saved.leaving().forEach(pod -> leaving.putIfAbsent(pod.claim().uid(), pod));
    }

    /** Forgets the pods that are gone, because their containers did not survive a reboot. */
    void forgetLeaving() {
        leaving.clear();
    }

    Optional<PodClaim> of(String podUid) {
        return Optional.ofNullable(byPod.get(podUid));
    }

    Collection<PodClaim> all() {
        return List.copyOf(byPod.values());
    }

    /** Returns all claims by their pods' uids. */
    List<PodClaim> sorted() {
        return byPod.values().stream()
                .sorted(Comparator.comparing(PodClaim::uid))
                .toList();
    }

    private void tell() {
        listeners.forEach(Runnable::run);
    }
}
