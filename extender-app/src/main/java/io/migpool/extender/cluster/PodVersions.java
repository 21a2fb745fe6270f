package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Recognises states of a pod older than one seen already, as a watch that lags behind a list delivers them. Not thread-safe. */
final class PodVersions {

    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

    private final Map<String, Long> seen = new HashMap<>();

    /** Returns whether a later state of the pod was seen. */
    boolean isOlder(Pod pod) {
        OptionalLong known = seen(PodKey.of(pod.getMetadata()).uid());
        OptionalLong version = of(pod);
        return known.isPresent() && version.isPresent() && version.getAsLong() < known.getAsLong();
    }

    /** Records that this state of the pod was seen. */
    void saw(Pod pod) {
        of(pod).ifPresent(version -> seen.put(PodKey.of(pod.getMetadata()).uid(), version));
    }

    void forget(String uid) {
        seen.remove(uid);
    }

    /** Returns the latest version seen of a pod; empty if none was, or none that can be compared. */
    OptionalLong seen(String uid) {
        Long known = seen.get(uid);
        return known == null ? OptionalLong.empty() : OptionalLong.of(known);
    }

    static OptionalLong of(Pod pod) {
        return of(pod.getMetadata().getResourceVersion());
    }

    /** Versions are comparable as numbers since Kubernetes 1.35, and in practice wherever etcd is the store (KEP-5504). */
    static OptionalLong of(@Nullable String version) {
        return version != null && DIGITS.matcher(version).matches()
                ? OptionalLong.of(Long.parseLong(version))
                : OptionalLong.empty();
    }
}
