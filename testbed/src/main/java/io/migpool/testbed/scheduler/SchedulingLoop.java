package io.migpool.testbed.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;

/** Takes one pod after another through its cycle on one thread; meanwhile binding continues on separate threads. */
final class SchedulingLoop implements Runnable {

    private static final Logger LOG = System.getLogger(SchedulingLoop.class.getName());

    private final SchedulingQueue queue;
    private final ClusterState cluster;
    private final SchedulingCycle cycle;
    private final Preemption preemption;
    private final Optional<ExtenderClient> extender;
    private final SchedulerApi api;
    private final AttemptLog log;
    private final ExecutorService binders;
    private final PreBind preBind;
    private final Function<PodInfo, Optional<Pod>> latest;

    SchedulingLoop(
            SchedulingQueue queue,
            ClusterState cluster,
            SchedulingCycle cycle,
            Preemption preemption,
            Optional<ExtenderClient> extender,
            SchedulerApi api,
            AttemptLog log,
            ExecutorService binders,
            PreBind preBind,
            Function<PodInfo, Optional<Pod>> latest) {
        this.queue = queue;
        this.cluster = cluster;
        this.cycle = cycle;
        this.preemption = preemption;
        this.extender = extender;
        this.api = api;
        this.log = log;
        this.binders = binders;
        this.preBind = preBind;
        this.latest = latest;
    }

    @Override
    public void run() {
        try {
            for (var turn = queue.take(); turn.isPresent(); turn = queue.take()) {
                schedule(turn.get());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void schedule(SchedulingQueue.Turn turn) {
        var pod = latest.apply(turn.pod()).map(PodInfo::of);
        if (pod.isEmpty() || cluster.isPlaced(turn.pod().uid())) {
            queue.remove(turn.pod().uid());
            return;
        }
        var nodes = cluster.snapshotFor(pod.get());
        try {
            var found =
                    cycle.search(pod.get(), nodes, cluster.nomination(pod.get().uid()));
            if (found.chosen().isPresent()) {
                place(pod.get(), turn.attempt(), found.offered(), found.chosen().get());
            } else {
                refuse(pod.get(), turn.attempt(), found.offered(), nodes, found.unfit());
            }
        } catch (ExtenderException failure) {
            var outcome = new SchedulingAttempt.Outcome.Errored(failure.text());
            decided(pod.get(), turn.attempt(), List.of(), outcome);
            cluster.withdraw(pod.get().uid());
            queue.errored(pod.get().uid());
            failed(pod.get(), "SchedulerError", failure.text());
        }
    }

    private void place(PodInfo pod, int attempt, List<String> offered, String node) {
        cluster.assume(pod, node);
        decided(pod, attempt, offered, new SchedulingAttempt.Outcome.Placed(node));
        binders.execute(() -> bind(pod, node));
    }

    private void refuse(
            PodInfo pod, int attempt, List<String> offered, List<NodeInfo> nodes, Map<String, Unfit> unfit) {
        var message = FailureMessage.of(nodes.size(), unfit.values());
        if (!nodes.isEmpty()) {
            switch (preemption.attempt(pod, nodes, unfit, cluster.nomination(pod.uid()))) {
                case Preemption.Outcome.Doomed(var text) -> {
                    message = message + " " + text;
                    cluster.withdraw(pod.uid());
                }
                case Preemption.Outcome.Undecided(var text) -> message = message + " " + text;
                case Preemption.Outcome.Room(var node, var victims) -> evict(pod, node, victims);
            }
        }
        decided(pod, attempt, offered, new SchedulingAttempt.Outcome.Refused(message));
        queue.refused(pod.uid());
        failed(pod, "Unschedulable", message);
    }

    private void evict(PodInfo pod, String node, List<PodInfo> victims) {
        cluster.nominate(pod, node);
        for (var victim : victims) {
            try {
                api.event(
                        victim.pod(),
                        "Normal",
                        "Preempted",
                        "Preempting",
                        "Preempted by pod %s on node %s".formatted(pod.uid(), node));
                api.evict(victim, pod.pod().getSpec().getSchedulerName());
            } catch (KubernetesClientException refused) {
                LOG.log(Level.WARNING, "Victim {0} stays: {1}", victim.name(), refused.getMessage());
            }
        }
    }

    private void bind(PodInfo pod, String node) {
        try {
            preBind.await(pod.pod());
            var binder = extender.filter(client -> client.binds() && client.isInterestedIn(pod));
            if (binder.isPresent()) {
                binder.get().bind(pod, node);
            } else {
                api.bind(pod, node);
            }
        } catch (ExtenderException failure) {
            bindFailed(pod, failure.text());
            return;
        } catch (KubernetesClientException refused) {
            bindFailed(pod, String.valueOf(refused.getMessage()));
            return;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException defect) {
            LOG.log(Level.ERROR, "Binding of pod %s ended unexpectedly".formatted(pod.name()), defect);
            bindFailed(pod, defect.toString());
            return;
        }
        queue.remove(pod.uid());
        log.forget(pod.namespace(), pod.name());
        api.event(
                pod.pod(),
                "Normal",
                "Scheduled",
                "Binding",
                "Successfully assigned %s/%s to %s".formatted(pod.namespace(), pod.name(), node));
    }

    /** Frees the pod's room, which is an event for other pods; the failed request may still take effect. */
    private void bindFailed(PodInfo pod, String message) {
        cluster.forget(pod.uid());
        queue.clusterEvent();
        if (cluster.isPlaced(pod.uid())) {
            queue.remove(pod.uid());
            return;
        }
        queue.errored(pod.uid());
        failed(pod, "SchedulerError", "binding rejected: " + message);
    }

    /** Reports a pod that is queued again already: a slow API server delays neither it nor, by an Event, other pods. */
    private void failed(PodInfo pod, String reason, String message) {
        if (log.failed(pod, message)) {
            binders.execute(() -> api.event(pod.pod(), "Warning", "FailedScheduling", "Scheduling", message));
        }
        api.unscheduled(
                pod.pod(), reason, message, cluster.nomination(pod.uid()).orElse(""));
    }

    private void decided(PodInfo pod, int attempt, List<String> offered, SchedulingAttempt.Outcome outcome) {
        log.decided(new SchedulingAttempt(pod.namespace(), pod.name(), pod.uid(), attempt, offered, outcome));
    }
}
