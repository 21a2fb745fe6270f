package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.util.function.Predicate;

/** Takes what a source of objects reports: first everything that there is, then every change. Callable from any thread. */
public interface ClusterFeed {

    /** Records a node that has appeared or changed. */
    void nodeChanged(Node node);

    /** Removes a node. */
    void nodeGone(String name);

    /** Records a pod that has appeared or changed. States older than the known one, from a lagging watch, are ignored. */
    void podChanged(Pod pod);

    /** Removes a pod that is deleted or has ended. */
    void podGone(String uid);

    /** Records a ResourceQuota that has appeared or changed. */
    void quotaChanged(ResourceQuota quota);

    /** Removes a ResourceQuota. */
    void quotaGone(ResourceQuota quota);

    /** Records a namespace that has appeared or changed. Policies of pods read before are updated when they are reported again. */
    void namespaceChanged(Namespace namespace);

    /** Removes a namespace, whose pods are gone too. */
    void namespaceGone(Namespace namespace);

    /** Called by the informer when every object of that kind that existed has been reported. */
    void allListed(Listed kind);

    /**
     * Called by the informer, at first and after every gap of its watch, when every pod that existed has been reported. A pod that
     * was read by other means and ended within the gap was never known to the informer, which does not report its end.
     *
     * @param version resourceVersion of the list
     * @param exists whether the informer knows a pod to exist, now and later
     */
    void allPodsListed(String version, Predicate<PodKey> exists);
}
