package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.SchedulingWishes;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.contracts.request.RequestOutcome;
import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import io.migpool.extender.pool.PodOccupancy;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is known about the cluster now. Every answer is immutable; two answers may be of different moments, but a pod that
 * {@link #pod} reports as bound is already counted in the view of its node.
 */
public interface ClusterView {

    /** Returns whether settings are in force; until then even the pods' requests cannot be read. */
    boolean knowsSettings();

    /** Returns what the settings in force say about scheduling. */
    SchedulingWishes schedulingWishes();

    /** Returns whether settings are in force and the first complete lists of nodes, pods, quotas and namespaces have been read. */
    boolean synced();

    /** Returns a node with everything its pods occupy. */
    Optional<NodeView> node(String name);

    /** Returns all known nodes, by name. */
    List<NodeView> nodes();

    /** Returns a node as it would be without these pods. */
    Optional<NodeView> nodeWithout(String name, Set<String> podUids);

    /** Returns the view of a node object that need not exist, without pods. */
    NodeView viewOf(Node node);

    /** Returns what a node reports about one of its GPUs that is not in normal service; empty if it is. */
    Optional<String> conditionOf(String node, String gpuUuid);

    /** Returns whether a node is marked as unschedulable, which is the scheduler's concern: pods may tolerate it. */
    boolean isCordoned(String node);

    /** Returns a live GPU pod. */
    Optional<PodEntry> pod(String uid);

    /** Returns the node that a live GPU pod is bound to. */
    default Optional<String> nodeOf(String podUid) {
        return pod(podUid).map(PodEntry::boundTo);
    }

    /** Returns all live GPU pods. */
    Collection<PodEntry> pods();

    /** Returns what a bound pod occupies, if its reservation is believed. */
    Optional<PodOccupancy> occupancy(PodEntry pod);

    /** Returns a namespace's GPU quota and its use; empty if no ResourceQuota limits it. */
    Optional<GpuQuota> quota(String namespace);

    /** Returns the GPU request of a pod under the settings in force. */
    RequestOutcome requestOf(Pod pod);

    /** Returns what a pod with this request needs, constraints included. */
    PodDemand demandOf(Pod pod, PodGpuRequest request);

    /** Returns a number that grows with every observed change to a node or to what is occupied on it: plans may then differ. */
    long version();
}
