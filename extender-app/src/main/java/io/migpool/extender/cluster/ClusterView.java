package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.SchedulingWishes;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.placement.NodeView;
import io.migpool.extender.placement.PodDemand;
import io.migpool.extender.placement.PodOccupancy;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is known about the cluster now. Every answer is immutable; two answers may be of different moments, but a pod that
 * {@link #pod} reports as bound is already counted in the view of its node.
 */
public interface ClusterView {

    /** Whether settings are in force; until then even what pods ask for cannot be told. */
    boolean knowsSettings();

    /** What the settings in force say about scheduling. */
    SchedulingWishes schedulingWishes();

    /** Whether settings are in force and the first complete lists of nodes, pods, quotas and namespaces have been taken in. */
    boolean synced();

    /** A node with everything its pods occupy. */
    Optional<NodeView> node(String name);

    /** All known nodes, by name. */
    List<NodeView> nodes();

    /** A node as it would be without these pods. */
    Optional<NodeView> nodeWithout(String name, Set<String> podUids);

    /** The view of a node object that need not exist, without pods. */
    NodeView viewOf(Node node);

    /** What a node says about one of its GPUs that does not simply serve; empty if it serves. */
    Optional<String> conditionOf(String node, String gpuUuid);

    /** A live GPU pod. */
    Optional<PodEntry> pod(String uid);

    /** All live GPU pods. */
    Collection<PodEntry> pods();

    /** What a bound pod occupies, if its reservation is believed. */
    Optional<PodOccupancy> occupancy(PodEntry pod);

    /** What a namespace may have of GPUs and has; empty if no ResourceQuota limits it. */
    Optional<GpuQuota> quota(String namespace);

    /** The GPU request of a pod under the settings in force. */
    RequestOutcome requestOf(Pod pod);

    /** What a pod with this request needs, constraints included. */
    PodDemand demandOf(Pod pod, PodGpuRequest request);

    /** Grows whenever a node, or what it or its pods occupy, is seen to change: what was planned before may be planned again. */
    long version();
}
