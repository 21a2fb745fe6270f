package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Tells what is older than what was seen of a pod already, as a watch that lags behind a list delivers. Not thread-safe. */
final class PodVersions {

    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

    private final Map<String, Long> seen = new HashMap<>();

    /** Whether a later state of the pod was seen. */
    boolean isOlder(Pod pod) {
        Long known = seen.get(PodKey.of(pod.getMetadata()).uid());
        OptionalLong version = version(pod);
        return known != null && version.isPresent() && version.getAsLong() < known;
    }

    /** This state of the pod was seen. */
    void saw(Pod pod) {
        version(pod).ifPresent(version -> seen.put(PodKey.of(pod.getMetadata()).uid(), version));
    }

    /** The pod is gone. */
    void forget(String uid) {
        seen.remove(uid);
    }

    /** Comparable as numbers since Kubernetes 1.35, and in practice wherever etcd is the store (KEP-5504). */
    private static OptionalLong version(Pod pod) {
        String version = pod.getMetadata().getResourceVersion();
        return version != null && DIGITS.matcher(version).matches()
                ? OptionalLong.of(Long.parseLong(version))
                : OptionalLong.empty();
    }
}
