package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Questions to a pod's status. */
public final class PodPhase {

    /** As Kubernetes has it. */
    private static final long DEFAULT_GRACE_SECONDS = 30;
    /** What kubelet and the runtime need beyond the grace period. */
    private static final Duration KILLING = Duration.ofSeconds(10);

    /** How long containers may run on of a pod of which nothing is known but that it is gone. */
    public static final Duration UNKNOWN_RUNS_ON_FOR =
            Duration.ofSeconds(DEFAULT_GRACE_SECONDS).plus(KILLING);

    private PodPhase() {}

    /** Whether all its containers have ended and none will start again. A pod that is being deleted has not ended yet. */
    public static boolean hasEnded(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /**
     * How long containers may run on after a pod is gone: none at all if kubelet has said that it ended, else as long as kubelet
     * gives them to end. A pod that is deleted by force, or by somebody who takes its node for dead and perhaps calls it failed
     * first, is gone before they are; and a container that has not started as far as the pod tells may have since.
     */
    public static Duration runsOnFor(Pod gone) {
        if (hasEnded(gone) && !isAnyRunning(gone.getStatus())) {
            return Duration.ZERO;
        }
        Long grace = gone.getSpec().getTerminationGracePeriodSeconds();
        long usual = grace == null ? DEFAULT_GRACE_SECONDS : grace;
        return Duration.ofSeconds(Math.max(usual, deletionGraceSeconds(gone))).plus(KILLING);
    }

    /** What the deletion gives its containers to end; zero while it is not deleted. */
    private static long deletionGraceSeconds(Pod pod) {
        Long grace = pod.getMetadata() == null ? null : pod.getMetadata().getDeletionGracePeriodSeconds();
        return grace == null ? 0 : grace;
    }

    private static boolean isAnyRunning(PodStatus status) {
        return Stream.of(
                        status.getContainerStatuses(),
                        status.getInitContainerStatuses(),
                        status.getEphemeralContainerStatuses())
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .anyMatch(container ->
                        container.getState() != null && container.getState().getRunning() != null);
    }
}
