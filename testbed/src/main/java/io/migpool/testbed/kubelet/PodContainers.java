package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The containers of one pod: which are due, which have ended, which must stop. Init containers run one after the other, a sidecar
 * starts in its turn and stays, app containers follow all of them; sidecars stop last, in reverse. Confined to the pod's worker.
 */
final class PodContainers {

    /** kubelet leaves a container that much time to stop, however little is left. */
    private static final Duration SHORTEST_GRACE = Duration.ofSeconds(2);

    private final NodeServices node;
    private final PodWorker owner;
    private final List<ContainerRecord> records;
    private final Set<String> told = new HashSet<>();
    /** When the containers were first asked to stop. */
    private Optional<Instant> ending = Optional.empty();

    PodContainers(Pod pod, NodeServices node, PodWorker owner) {
        this.node = node;
        this.owner = owner;
        this.records = ContainerPlan.of(pod).stream().map(ContainerRecord::new).toList();
    }

    List<ContainerRecord> all() {
        return records;
    }

    void observeExits(Pod pod) {
        for (var record : records) {
            if (record.observeExit() && record.state() instanceof ContainerState.Exited exited) {
                if (!node.down.get()
                        && PodPhase.restarts(
                                pod, record.plan().kind(), exited.exit().code())) {
                    backOff(record);
                }
            }
        }
    }

    /**
     * Starts the containers whose turn it is, one after another, because kubelet does not start two of a pod at once.
     */
    void startDue(Pod pod, PodBehaviour behaviour) {
        if (PodPhase.workIsOver(pod, records)) {
            return;
        }
        for (var record : records) {
            var settled =
                    switch (record.plan().kind()) {
                        case INIT -> record.succeeded() || startAndLookAgain(pod, record, behaviour);
                        // One that has run before no longer delays the others.
                        case SIDECAR ->
                            record.isRunning()
                                    || tryStart(pod, record, behaviour)
                                    || record.lastExit().isPresent();
                        case APP -> {
                            tryStart(pod, record, behaviour);
                            yield true;
                        }
                    };
            if (!settled) {
                return;
            }
        }
    }

    /**
     * Asks all containers to stop, sidecars after the others and in what these leave of the grace period.
     *
     * @return whether none is running any more
     */
    boolean stopAll(Duration grace, PodBehaviour behaviour) {
        var begun = ending.orElseGet(node.time::instant);
        ending = Optional.of(begun);
        var others = records.stream()
                .filter(record -> record.plan().kind() != ContainerPlan.Kind.SIDECAR)
                .filter(ContainerRecord::isRunning)
                .toList();
        others.forEach(record -> stop(record, grace, behaviour));
        if (records.stream()
                .noneMatch(record -> isAlive(record) && record.plan().kind() != ContainerPlan.Kind.SIDECAR)) {
            records.reversed().stream()
                    .filter(record -> record.plan().kind() == ContainerPlan.Kind.SIDECAR)
                    .filter(PodContainers::isAlive)
                    .findFirst()
                    .ifPresent(record -> stop(record, rest(grace, begun), behaviour));
        }
        records.forEach(ContainerRecord::observeExit);
        return records.stream().noneMatch(ContainerRecord::isRunning);
    }

    private Duration rest(Duration grace, Instant begun) {
        var left = grace.minus(Duration.between(begun, node.time.instant()));
        var least = node.timing.scaled(SHORTEST_GRACE);
        return left.compareTo(least) < 0 ? least : left;
    }

    void stopAllAtOnce(Duration grace, PodBehaviour behaviour) {
        records.stream().filter(ContainerRecord::isRunning).forEach(record -> stop(record, grace, behaviour));
    }

    void retryStartsNow() {
        records.stream()
                .filter(record -> record.state() instanceof ContainerState.Waiting waiting
                        && !waiting.reason().equals("CrashLoopBackOff"))
                .forEach(record -> record.notBefore(Instant.MIN));
    }

    /** Forgets all waits, which are in kubelet's memory only. */
    void kubeletRestarted() {
        ending = Optional.empty();
        records.forEach(ContainerRecord::forgetBackOffs);
    }

    /**
     * Handles the loss of the sandbox: a pod that may restart begins again with its init containers; any other stays as
     * it ended.
     */
    void lostInReboot(Pod pod) {
        if ("Never".equals(PodPhase.restartPolicy(pod))) {
            return;
        }
        for (var record : records) {
            var keepsItsSuccess = record.plan().kind() == ContainerPlan.Kind.APP
                    && record.succeeded()
                    && "OnFailure".equals(PodPhase.restartPolicy(pod));
            if (!keepsItsSuccess) {
                record.startOver();
            }
        }
    }

    private void backOff(ContainerRecord record) {
        var wait = node.timing.restartWait(record.backsOff(node.timing.crashForgiven()));
        record.notBefore(node.time.instant().plus(wait));
        if (!wait.isZero()) {
            record.waits(
                    "CrashLoopBackOff",
                    "back-off %s restarting failed container=%s"
                            .formatted(wait, record.plan().name()));
            node.time.after(wait, owner::wake);
        }
    }

    /**
     * Starts a container. An init container may have ended by the time the start returns; the next one then follows in
     * the same pass.
     */
    private boolean startAndLookAgain(Pod pod, ContainerRecord record, PodBehaviour behaviour) {
        tryStart(pod, record, behaviour);
        observeExits(pod);
        return record.succeeded();
    }

    private boolean tryStart(Pod pod, ContainerRecord record, PodBehaviour behaviour) {
        var endedForGood = record.state() instanceof ContainerState.Exited exited
                && !PodPhase.restarts(pod, record.plan().kind(), exited.exit().code());
        if (record.isRunning() || endedForGood || !record.isDue(node.time.instant()) || !owner.wantsContainers()) {
            return record.isRunning();
        }
        return switch (node.starter.start(pod, record.plan(), owner)) {
            case ContainerStarter.Outcome.Started(var process) -> {
                record.started(process);
                node.api.event(
                        pod,
                        record.plan().fieldPath(),
                        "Normal",
                        "Started",
                        "Started container " + record.plan().name());
                letRun(process, behaviour);
                yield true;
            }
            case ContainerStarter.Outcome.Failed(var reason, var message) -> {
                failed(pod, record, reason, message);
                yield false;
            }
            case ContainerStarter.Outcome.Cancelled() -> false;
        };
    }

    private void letRun(ContainerProcess process, PodBehaviour behaviour) {
        switch (process.kind()) {
            case INIT -> node.runtime.endAfter(process, behaviour.initRunFor(), behaviour.initExitCode());
            case APP ->
                behaviour.runFor().ifPresent(wait -> node.runtime.endAfter(process, wait, behaviour.exitCode()));
            case SIDECAR -> {
                // Runs until it is stopped.
            }
        }
    }

    private void failed(Pod pod, ContainerRecord record, String reason, String message) {
        var wait = node.startRetry();
        record.waits(reason, message);
        record.notBefore(node.time.instant().plus(wait));
        node.time.after(wait, owner::wake);
        // One event for each new message; kubelet would count repetitions.
        if (told.add(record.plan().name() + message)) {
            node.api.event(pod, record.plan().fieldPath(), "Warning", "Failed", "Error: " + message);
        }
    }

    private void stop(ContainerRecord record, Duration grace, PodBehaviour behaviour) {
        if (record.state() instanceof ContainerState.Running running && record.markStopping()) {
            var obeys = grace.compareTo(behaviour.stopAfter()) >= 0;
            node.runtime.endAfter(
                    running.process(), obeys ? behaviour.stopAfter() : grace, obeys ? 0 : ContainerRuntime.KILLED);
        }
    }

    private static boolean isAlive(ContainerRecord record) {
        return record.state() instanceof ContainerState.Running running
                && running.process().exit().isEmpty();
    }
}
