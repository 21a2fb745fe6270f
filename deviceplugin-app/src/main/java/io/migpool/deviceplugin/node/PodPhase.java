package io.migpool.deviceplugin.node;

import io.fabric8.kubernetes.api.model.Pod;

/** Questions to a pod's status. */
public final class PodPhase {

    private PodPhase() {}

    /** Whether all its containers have ended and none will start again. A pod that is being deleted has not ended yet. */
    public static boolean hasEnded(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }
}
