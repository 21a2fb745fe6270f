package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The live GPU pods. They are told by a watch, which lags behind and has gaps, and by lists of others, which are older than
 * what the watch has told by the time that their last page is read; so what is older than something known is left out.
 *
 * <p>Written under the lock of the cluster state, read by everybody.
 */
final class LivePods {

    private final Map<String, PodEntry> byUid = new ConcurrentHashMap<>();
    private final PodVersions versions = new PodVersions();

    /** UIDs of pods that ended of late: a list begun before that may still hand them over, page by page. */
    private final RecentUids ended = new RecentUids();

    /** The watch's last list; what it does not have is told by no watch that begins there. Null before the first. */
    private @Nullable Listing last;

    /** Versions up to this one are known by {@code exists}, or gone. */
    private record Listing(long version, Predicate<PodKey> exists) {

        boolean isGone(PodKey pod, OptionalLong seen) {
            return seen.isPresent() && seen.getAsLong() <= version && !exists.test(pod);
        }
    }

    /** Whether this state of a pod is news, and not of a pod that has ended. */
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
     * The watch has listed all pods again, and reported what it found.
     *
     * @param version resourceVersion of the list; nothing follows from one that is no number
     * @param exists whether the watch knows a pod to exist, now and later
     * @return the pods that only others have told of, and that are gone
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
