package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.migpool.contracts.wire.Annotations;
import io.migpool.contracts.wire.BindPhase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Queries of a pod's status. */
public final class PodPhase {

    /** Kubernetes' default. */
    private static final long USUAL_GRACE_SECONDS = 30;
    /**
     * The longest grace period that is believed, in seconds. A pod may ask for any number at no cost, and a pod deleted
     * by force would keep its place from everybody for as long. A process that is still on the GPU then keeps its
     * instance nevertheless.
     */
    private static final long LONGEST_GRACE_SECONDS = 3600;
    /** Time that kubelet and the runtime need beyond the grace period. */
    private static final Duration KILLING = Duration.ofSeconds(10);

    /** How long containers may keep running if nothing is known about a pod but that it is gone. */
    public static final Duration UNKNOWN_RUNS_ON_FOR = runsOnFor(Duration.ofSeconds(USUAL_GRACE_SECONDS));

    private PodPhase() {}

    /**
     * Returns whether all its containers have ended and none will start again. A pod that is being deleted has not
     * ended yet.
     */
    public static boolean hasEnded(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /** Returns whether any of its containers has ever got its devices. */
    public static boolean hasStarted(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        boolean told =
                annotations != null && BindPhase.SUCCESS.wireName().equals(annotations.get(Annotations.BIND_PHASE));
        return told
                || (pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase()));
    }

    /**
     * Returns how long containers may keep running after a pod is gone: not at all if kubelet has reported its end,
     * otherwise for the time that kubelet gives them to end. A pod that is deleted by force, or by a client that
     * considers its node dead and perhaps marks it failed first, is gone before its containers; and a container that
     * has not started according to the pod may have started since.
     */
    public static Duration runsOnFor(Pod gone) {
        if (hasEnded(gone) && !isAnyRunning(gone.getStatus())) {
            return Duration.ZERO;
        }
        return runsOnFor(grace(gone));
    }

    /**
     * Returns how long containers may keep running if nothing is known about a pod but that it is gone and how long its
     * grace period was, which counts for at most an hour.
     */
    public static Duration runsOnFor(Duration grace) {
        return believed(grace.toSeconds()).plus(KILLING);
    }

    /** Returns how long kubelet lets a pod's containers run on once they are told to end, at most an hour. */
    public static Duration grace(Pod pod) {
        Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
        long usual = grace == null ? USUAL_GRACE_SECONDS : grace;
        return believed(Math.max(usual, deletionGraceSeconds(pod)));
    }

    private static Duration believed(long graceSeconds) {
        return Duration.ofSeconds(Math.clamp(graceSeconds, 0, LONGEST_GRACE_SECONDS));
    }

    /** Returns the grace period of its deletion; zero while it is not being deleted. */
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
