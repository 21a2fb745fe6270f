package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * Moves one pod through its life on a thread of its own: observe, do what is due, report, and sleep until woken.
 * Everything except the few volatile inputs is confined to that thread.
 */
final class PodWorker implements Runnable, ContainerStarter.Owner {

    private static final Logger LOG = System.getLogger(PodWorker.class.getName());
    private static final Duration API_RETRY = Duration.ofMillis(500);

    private enum Stage {
        NEW,
        ADMITTED,
        FINISHED
    }

    private final NodeServices node;
    private final Runnable onDone;
    private final PodContainers containers;
    private final Instant firstSeen;
    private final Semaphore wake = new Semaphore(1);

    private volatile Pod pod;
    private volatile boolean specChanged;
    private volatile boolean gone;
    private volatile boolean lingers;
    private volatile boolean closed;
    private volatile boolean active;

    private Stage stage;
    private KubeletStart start;
    private Optional<PodBehaviour> behaviour = Optional.empty();
    private Optional<String> podIp = Optional.empty();
    private Optional<PodReport.Verdict> verdict = Optional.empty();
    private Optional<PodStatus> reported = Optional.empty();
    /** The version of the pod that has the reported status. */
    private Optional<String> reportedVersion = Optional.empty();

    private List<PodCondition> conditions = List.of();

    PodWorker(Pod pod, NodeServices node, Runnable onDone) {
        this.pod = pod;
        this.node = node;
        this.onDone = onDone;
        this.containers = new PodContainers(pod, node, this);
        this.firstSeen = node.time.instant();
        this.start = node.start.get();
        var phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        this.stage = phase != null && PodPhase.isTerminal(phase) ? Stage.FINISHED : Stage.NEW;
        this.reported = stage == Stage.FINISHED ? Optional.of(pod.getStatus()) : Optional.empty();
    }

    Pod pod() {
        return pod;
    }

    /** Returns whether the pod is admitted and has not ended, so that PodResources lists it. */
    boolean isActive() {
        return active;
    }

    /** Handles a newer version of the pod; a change by the user makes kubelet retry failed starts immediately. */
    void update(Pod newer) {
        var older = pod;
        pod = newer;
        if (!Objects.equals(older.getSpec(), newer.getSpec())
                || !Objects.equals(
                        older.getMetadata().getLabels(), newer.getMetadata().getLabels())
                || !Objects.equals(
                        older.getMetadata().getAnnotations(),
                        newer.getMetadata().getAnnotations())) {
            specChanged = true;
        }
        wake.release();
    }

    /** Handles the removal of the pod from the API server. */
    void removed() {
        gone = true;
        wake.release();
    }

    /** Lets the containers outlive the removal of the pod. */
    void linger() {
        lingers = true;
    }

    /** Returns whether its containers were left running without it. */
    boolean isLingering() {
        return lingers;
    }

    void wake() {
        wake.release();
    }

    /** Handles a restart of kubelet: the pod is re-admitted, and failed starts are retried immediately. */
    void resume() {
        specChanged = true;
        wake.release();
    }

    void close() {
        closed = true;
        wake.release();
    }

    @Override
    public boolean wantsContainers() {
        return !gone && !closed && !isDeleted() && !node.down.get();
    }

    @Override
    public void containerEnded() {
        wake.release();
    }

    @Override
    public void run() {
        var done = false;
        while (!done && !closed) {
            try {
                wake.acquire();
                wake.drainPermits();
                done = !closed && !node.down.get() && sync();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            } catch (KubernetesClientException | UncheckedIOException unavailable) {
                LOG.log(
                        Level.DEBUG,
                        "Pod {0} is tried again: {1}",
                        pod.getMetadata().getName(),
                        unavailable.getMessage());
                node.time.after(API_RETRY, this::wake);
            } catch (RuntimeException defect) {
                LOG.log(
                        Level.ERROR,
                        "Pod %s is tried again".formatted(pod.getMetadata().getName()),
                        defect);
                node.time.after(API_RETRY, this::wake);
            }
        }
        if (done) {
            onDone.run();
        }
    }

    /** Does what is due; returns true when the pod is gone and nothing is left to do. */
    private boolean sync() {
        if (specChanged) {
            specChanged = false;
            containers.retryStartsNow();
        }
        if (start.number() != node.start.get().number()) {
            startOver(node.start.get());
        }
        containers.observeExits(pod);
        if (gone) {
            leave();
            return true;
        }
        if (lingers) {
            // Between the mark of its deletion and its removal.
            return false;
        }
        if (stage != Stage.FINISHED && isDeleted()) {
            stop();
        } else if (stage == Stage.ADMITTED || (stage == Stage.NEW && admit())) {
            runContainers();
        }
        if (stage == Stage.FINISHED) {
            report();
            if (isDeleted()) {
                node.api.delete(pod);
            }
        }
        return false;
    }

    private boolean isDeleted() {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    private boolean admit() {
        try {
            behaviour = Optional.of(PodBehaviour.of(pod));
        } catch (IllegalArgumentException invalid) {
            reject("InvalidAnnotation", String.valueOf(invalid.getMessage()));
            return false;
        }
        if (isRefused(Set.of())) {
            return false;
        }
        stage = Stage.ADMITTED;
        podIp = Optional.of(Boolean.TRUE.equals(pod.getSpec().getHostNetwork()) ? node.hostIp : node.nextPodIp());
        report();
        return true;
    }

    private boolean isRefused(Set<String> running) {
        Optional<Refusal> refusal;
        // An API server that answers late must not keep others from their admission.
        var wrongNode = node.check.wrongNode(pod);
        node.admission.lock();
        try {
            refusal = node.devices
                    .admit(pod, running)
                    .or(() -> node.check.noRoom(pod))
                    .or(() -> wrongNode);
            active = refusal.isEmpty();
            if (refusal.isPresent()) {
                node.devices.free(pod.getMetadata().getUid());
            }
        } finally {
            node.admission.unlock();
        }
        refusal.ifPresent(why -> reject(why.reason(), why.message()));
        return refusal.isPresent();
    }

    private void reject(String reason, String message) {
        verdict = Optional.of(new PodReport.Verdict(reason, "Pod was rejected: " + message));
        finish();
        node.api.event(pod, "", "Warning", reason, message);
    }

    private void runContainers() {
        var limits = behaviour.orElseThrow();
        containers.startDue(pod, limits);
        // Containers that ended while others were started count in this pass already.
        containers.observeExits(pod);
        if (PodPhase.workIsOver(pod, containers.all()) && containers.stopAll(grace(), limits)) {
            finish();
        } else {
            report();
        }
    }

    private void stop() {
        if (behaviour.isEmpty() || containers.stopAll(grace(), behaviour.get())) {
            finish();
        }
    }

    private Duration grace() {
        var deletion = pod.getMetadata().getDeletionGracePeriodSeconds();
        var asked = pod.getSpec().getTerminationGracePeriodSeconds();
        var seconds = deletion != null ? deletion : asked != null ? asked : 30L;
        return node.timing.scaled(Duration.ofSeconds(seconds));
    }

    private void finish() {
        active = false;
        stage = Stage.FINISHED;
        node.devices.free(pod.getMetadata().getUid());
    }

    /**
     * Handles a pod that was removed while its containers run: its devices are free immediately, whether or not
     * processes still use them.
     */
    private void leave() {
        node.devices.free(pod.getMetadata().getUid());
        active = false;
        if (!lingers) {
            stopAtOnce();
        }
    }

    private void startOver(KubeletStart latest) {
        var rebooted = start.boot() != latest.boot();
        start = latest;
        containers.kubeletRestarted();
        if (stage != Stage.ADMITTED || isDeleted()) {
            return;
        }
        if (rebooted) {
            active = false;
            containers.observeExits(pod);
            containers.lostInReboot(pod);
            stage = Stage.NEW;
        } else if (isRefused(latest.runningOf(pod.getMetadata().getUid()))) {
            stopAtOnce();
        }
    }

    private void stopAtOnce() {
        behaviour.ifPresent(limits -> containers.stopAllAtOnce(grace(), limits));
    }

    private void report() {
        var report = new PodReport(
                pod, containers.all(), stage == Stage.FINISHED, verdict, firstSeen, podIp, node.hostIp, conditions);
        var status = report.status(node.time.instant());
        if ((!reported.equals(Optional.of(status)) || isOverwritten(status)) && !isFinalAlready()) {
            reportedVersion = node.api.patchStatus(pod, status);
            reported = Optional.of(status);
            conditions = status.getConditions();
        }
    }

    /** Returns whether the pod has lost its reported status since, as by an earlier request that took effect later. */
    private boolean isOverwritten(PodStatus status) {
        var now = pod;
        return reportedVersion
                .filter(version -> isLater(now.getMetadata().getResourceVersion(), version))
                .filter(_ -> !Objects.equals(now.getStatus().getPhase(), status.getPhase())
                        || !now.getStatus().getContainerStatuses().equals(status.getContainerStatuses()))
                .isPresent();
    }

    private static boolean isLater(String version, String other) {
        return Long.parseLong(version) > Long.parseLong(other);
    }

    /** Returns whether the pod had ended before this kubelet saw it; it then keeps its status. */
    private boolean isFinalAlready() {
        return stage == Stage.FINISHED
                && verdict.isEmpty()
                && behaviour.isEmpty()
                && reported.map(status -> PodPhase.isTerminal(Objects.requireNonNullElse(status.getPhase(), "")))
                        .orElse(false);
    }
}
