package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns kubelet's state of a pod into the status that the API server shows.
 *
 * @param pod the pod as last seen; conditions of others are kept
 * @param containers all its containers
 * @param over whether no container will run again, whatever the restart policy says
 * @param verdict the end of the pod, if it does not follow from its containers
 * @param startTime when kubelet first saw the pod
 * @param podIp the pod's address, empty before it has a sandbox
 * @param hostIp the node's address
 * @param previous conditions last reported, for their transition times
 */
record PodReport(
        Pod pod,
        List<ContainerRecord> containers,
        boolean over,
        Optional<Verdict> verdict,
        Instant startTime,
        Optional<String> podIp,
        String hostIp,
        List<PodCondition> previous) {

    private static final Set<String> OWN =
            Set.of("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady");

    /**
     * Why kubelet gave up a pod.
     *
     * @param reason as in a pod status
     * @param message why
     */
    record Verdict(String reason, String message) {}

    PodStatus status(Instant now) {
        var phase = phase();
        var status = new PodStatusBuilder()
                .withPhase(phase)
                .withHostIP(hostIp)
                .withStartTime(startTime.truncatedTo(ChronoUnit.SECONDS).toString())
                .withConditions(conditions(phase, now));
        verdict.ifPresent(end -> status.withReason(end.reason()).withMessage(end.message()));
        podIp.ifPresent(ip -> status.withPodIP(ip).withPodIPs(new PodIP(ip)));
        if (verdict.isEmpty()) {
            status.withInitContainerStatuses(statuses(false)).withContainerStatuses(statuses(true));
        }
        return status.build();
    }

    private String phase() {
        if (verdict.isPresent()) {
            return "Failed";
        }
        return over ? PodPhase.ofEnded(containers) : PodPhase.of(pod, containers);
    }

    private List<ContainerStatus> statuses(boolean app) {
        return containers.stream()
                .filter(container -> app == (container.plan().kind() == ContainerPlan.Kind.APP))
                .map(PodReport::status)
                .toList();
    }

    private static ContainerStatus status(ContainerRecord container) {
        var spec = container.plan().spec();
        var ready = container.plan().kind() == ContainerPlan.Kind.INIT ? container.succeeded() : container.isRunning();
        var status = new ContainerStatusBuilder()
                .withName(spec.getName())
                .withImage(spec.getImage())
                .withImageID(spec.getImage())
                .withRestartCount(container.restarts())
                .withReady(ready)
                .withStarted(container.isRunning());
        var state = new ContainerStateBuilder();
        switch (container.state()) {
            case ContainerState.Waiting(var reason, var message) -> {
                state.withNewWaiting().withReason(reason).withMessage(message).endWaiting();
                container.lastExit().ifPresent(exited -> status.withLastState(terminated(exited)));
            }
            case ContainerState.Running(var process) -> {
                state.withNewRunning()
                        .withStartedAt(process.container().startedAt().toString())
                        .endRunning();
                status.withContainerID(process.container().containerId());
                container.lastExit().ifPresent(exited -> status.withLastState(terminated(exited)));
            }
            case ContainerState.Exited exited -> {
                status.withContainerID(exited.container().containerId());
                return status.withState(terminated(exited)).build();
            }
        }
        return status.withState(state.build()).build();
    }

    private static io.fabric8.kubernetes.api.model.ContainerState terminated(ContainerState.Exited exited) {
        return new ContainerStateBuilder()
                .withNewTerminated()
                .withContainerID(exited.container().containerId())
                .withExitCode(exited.exit().code())
                .withReason(exited.exit().reason())
                .withStartedAt(exited.container().startedAt().toString())
                .withFinishedAt(exited.exit().at().toString())
                .endTerminated()
                .build();
    }

    private List<PodCondition> conditions(String phase, Instant now) {
        Map<String, PodCondition> byType = new LinkedHashMap<>();
        if (pod.getStatus() != null && pod.getStatus().getConditions() != null) {
            pod.getStatus().getConditions().forEach(condition -> byType.put(condition.getType(), condition));
        }
        // The pod as last seen may be older than the last report, but only it has the conditions of others.
        previous.stream()
                .filter(condition -> OWN.contains(condition.getType()))
                .forEach(condition -> byType.put(condition.getType(), condition));
        var initialized = verdict.isEmpty()
                && containers.stream()
                        .allMatch(container -> switch (container.plan().kind()) {
                            case INIT -> container.succeeded();
                            case SIDECAR -> container.isRunning() || PodPhase.isTerminal(phase);
                            case APP -> true;
                        });
        var ready = "Running".equals(phase)
                && containers.stream()
                        .filter(container -> container.plan().kind() != ContainerPlan.Kind.INIT)
                        .allMatch(ContainerRecord::isRunning);
        put(byType, "PodReadyToStartContainers", podIp.isPresent(), now);
        put(byType, "Initialized", initialized, now);
        put(byType, "Ready", ready, now);
        put(byType, "ContainersReady", ready, now);
        byType.computeIfAbsent("PodScheduled", type -> condition(type, true, now));
        return new ArrayList<>(byType.values());
    }

    private static void put(Map<String, PodCondition> byType, String type, boolean holds, Instant now) {
        var known = byType.get(type);
        if (known == null || !known.getStatus().equals(text(holds))) {
            byType.put(type, condition(type, holds, now));
        }
    }

    private static PodCondition condition(String type, boolean holds, Instant now) {
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(text(holds))
                .withLastTransitionTime(now.truncatedTo(ChronoUnit.SECONDS).toString())
                .build();
    }

    private static String text(boolean holds) {
        return holds ? "True" : "False";
    }
}
