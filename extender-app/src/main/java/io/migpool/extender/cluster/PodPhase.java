package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;

/** Interprets a pod's phase with regard to its GPUs. */
public final class PodPhase {

    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

    private PodPhase() {}

    /** Returns whether its containers have ended for good, so that it occupies nothing. */
    public static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getPhase() != null
                && ENDED.contains(pod.getStatus().getPhase());
    }
}
