package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;

/** What a pod's phase says about its GPUs. */
public final class PodPhase {

    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

    private PodPhase() {}

    /** Whether its containers have ended for good, so that it occupies nothing. */
    public static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getPhase() != null
                && ENDED.contains(pod.getStatus().getPhase());
    }
}
