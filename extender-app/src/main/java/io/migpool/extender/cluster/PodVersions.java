package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tells what is older than what was seen of a pod already, as a watch that lags behind a list delivers. Not thread-safe. */
final class PodVersions {

    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

    private final Map<String, Long> seen = new HashMap<>();

    /** Whether a later state of the pod was seen. */
    boolean isOlder(Pod pod) {
        OptionalLong known = seen(PodKey.of(pod.getMetadata()).uid());
        OptionalLong version = of(pod);
        return known.isPresent() && version.isPresent() && version.getAsLong() < known.getAsLong();
    }

    /** This state of the pod was seen. */
    void saw(Pod pod) {
        of(pod).ifPresent(version -> seen.put(PodKey.of(pod.getMetadata()).uid(), version));
    }

    /** The pod is gone. */
    void forget(String uid) {
        seen.remove(uid);
    }

    /** The latest state that was seen of a pod; empty if none was, or none that can be compared. */
    OptionalLong seen(String uid) {
        Long known = seen.get(uid);
        return known == null ? OptionalLong.empty() : OptionalLong.of(known);
    }

    static OptionalLong of(Pod pod) {
        return of(pod.getMetadata().getResourceVersion());
    }

    /** Comparable as numbers since Kubernetes 1.35, and in practice wherever etcd is the store (KEP-5504). */
    static OptionalLong of(@Nullable String version) {
        return version != null && DIGITS.matcher(version).matches()
                ? OptionalLong.of(Long.parseLong(version))
                : OptionalLong.empty();
    }
}
