package io.migpool.extender.reservation;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.extender.KubernetesObjects;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.Listed;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.placement.FirstFit;
import io.migpool.extender.placement.Plan;
import io.migpool.extender.placement.Planner;
import io.migpool.extender.pool.ReasonCode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The verbs of one replica over a hand-fed cluster view, a manual clock, and an API server that answers as the test says. */
final class Scheduling implements SchedulingObserver {

    final BindingServer api;
    final InstantSource clock;
    final ClusterState cluster;
    final HoldBook book;
    final SchedulingContext context;
    final WaitingPods waiting = new WaitingPods();
    final Filter filter;
    final Prioritizer prioritizer;
    final Preemption preemption;
    final Binder binder;

    /** Pods at the API server by namespace and name; the cluster view sees them only when the test delivers them. */
    final Map<String, Pod> server;

    final Deque<BindingServer.Answer> answers;
    final List<String> told = Collections.synchronizedList(new ArrayList<>());

    Scheduling() {
        this(new BindingServer());
    }

    /** Creates one of several replicas. */
    Scheduling(BindingServer api) {
        this(api, new ClusterState(DeviceSettings.DEFAULT));
    }

    /** Creates a replica that may not know its settings yet. */
    Scheduling(BindingServer api, ClusterState cluster) {
        this(api, cluster, new Planner(new FirstFit()));
    }

    /** Creates a replica with this cluster view and planner. */
    Scheduling(BindingServer api, ClusterState cluster, Planner planner) {
        this.cluster = cluster;
        this.book = new HoldBook(cluster);
        this.prioritizer = new Prioritizer(book);
        this.api = api;
        this.clock = api::now;
        this.server = api.pods;
        this.answers = api.answers;
        this.context = new SchedulingContext(cluster, book, planner, SchedulingSettings.DEFAULT, this, clock);
        this.filter = new Filter(context, waiting);
        this.preemption = new Preemption(context, waiting, filter);
        this.binder = new Binder(context, api, clock, this::pass);
        cluster.addListener(book);
        cluster.addListener(waiting);
        for (Listed kind : Listed.values()) {
            cluster.allListed(kind);
        }
    }

    Scheduling node(String name, GpuInventory... gpus) {
        cluster.nodeChanged(KubernetesObjects.node(name, gpus));
        return this;
    }

    void pass(Duration time) {
        api.pass(time);
    }

    /** Creates a pod with one container. */
    Pod create(String name, String... limits) {
        return create(KubernetesObjects.pod(name, limits));
    }

    Pod create(Pod pod) {
        Pod stored = api.put(pod);
        cluster.podChanged(stored);
        return stored;
    }

    /** Deletes the pod, and the cluster view sees it. */
    void delete(Pod pod) {
        api.delete(pod);
        cluster.podGone(pod.getMetadata().getUid());
    }

    /** Lets the cluster view see the pod as the API server has it. */
    void show(Pod pod) {
        cluster.podChanged(
                Objects.requireNonNull(server.get(PodKey.of(pod.getMetadata()).toString())));
    }

    FilterOutcome filter(Pod pod, String... nodes) {
        return filter.filter(pod, List.of(nodes));
    }

    /** Returns the nodes that take the pod. */
    List<String> fits(Pod pod, String... nodes) {
        FilterOutcome outcome = filter(pod, nodes);
        if (!(outcome instanceof FilterOutcome.Placed placed)) {
            throw new AssertionError("not placed: " + outcome);
        }
        return placed.nodes();
    }

    Optional<String> bind(Pod pod, String node) {
        return binder.bind(PodKey.of(pod.getMetadata()), node, binder.deadline());
    }

    Optional<Hold.State> state(Pod pod) {
        return book.of(pod.getMetadata().getUid()).map(Hold::state);
    }

    @Override
    public void bound(PodKey pod, Plan plan, String why) {
        told.add(pod.name() + " bound: " + plan.text());
    }

    @Override
    public void refused(PodKey pod, ReasonCode closest, String text) {
        told.add(pod.name() + " refused: " + text);
    }

    @Override
    public void bindFailed(PodKey pod, String node, BindFailure kind, String text) {
        told.add(pod.name() + " not bound to " + node + ": " + text);
    }
}
