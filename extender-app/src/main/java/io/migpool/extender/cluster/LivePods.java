package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The live GPU pods. They are reported by a watch, which lags behind and has gaps, and by separate lists, which are older than
 * what the watch has reported by the time their last page is read; so states older than the known one are ignored.
 *
 * <p>Written under the lock of the cluster state, read by any thread.
 */
final class LivePods {

    private final Map<String, PodEntry> byUid = new ConcurrentHashMap<>();
    private final PodVersions versions = new PodVersions();

    /** UIDs of pods that ended recently: a list begun before may still contain them, page by page. */
    private final RecentUids ended = new RecentUids();

    /** The watch's last list; a watch that begins there does not report pods missing from it. Null before the first. */
    private @Nullable Listing last;

    /** Pods of versions up to this one are known to {@code exists}, or gone. */
    private record Listing(long version, Predicate<PodKey> exists) {

        boolean isGone(PodKey pod, OptionalLong seen) {
            return seen.isPresent() && seen.getAsLong() <= version && !exists.test(pod);
        }
    }

    /** Returns whether this state of a pod is new, and not of a pod that has ended. */
    boolean isNews(Pod pod) {
        PodKey key = PodKey.of(pod.getMetadata());
        if (ended.contains(key.uid())) {
            return false;
        }
        return byUid.containsKey(key.uid())
                ? !versions.isOlder(pod)
                : last == null || !last.isGone(key, PodVersions.of(pod));
    }

    void put(PodEntry entry, Pod pod) {
        byUid.put(entry.key().uid(), entry);
        versions.saw(pod);
    }

    /** Forgets a pod, which may come back; returns what was known of it. */
    @Nullable PodEntry forget(String uid) {
        versions.forget(uid);
        return byUid.remove(uid);
    }

    /** Forgets a pod that is deleted, if it was one of ours; returns what was known of it. */
    @Nullable PodEntry deleted(String uid) {
        return byUid.containsKey(uid) ? ended(uid) : null;
    }

    /** Forgets a GPU pod that has ended, for good, known or not; returns what was known of it. */
    @Nullable PodEntry ended(String uid) {
        ended.add(uid);
        return forget(uid);
    }

    /**
     * Called when the watch has listed all pods again and reported what it found.
     *
     * @param version resourceVersion of the list; a version that is not a number allows no conclusions
     * @param exists whether the watch knows a pod to exist, now and later
     * @return the pods that only other lists have reported, and that are gone
     */
    List<PodKey> listed(String version, Predicate<PodKey> exists) {
        OptionalLong number = PodVersions.of(version);
        if (number.isEmpty()) {
            last = null;
            return List.of();
        }
        Listing listing = new Listing(number.getAsLong(), exists);
        last = listing;
        return byUid.values().stream()
                .map(PodEntry::key)
                .filter(key -> listing.isGone(key, versions.seen(key.uid())))
                .toList();
    }

    @Nullable PodEntry get(String uid) {
        return byUid.get(uid);
    }

    List<PodEntry> all() {
        return List.copyOf(byUid.values());
    }
}
