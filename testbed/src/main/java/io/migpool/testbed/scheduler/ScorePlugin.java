package io.migpool.testbed.scheduler;

/**
 * The scheduler's own plugins that score nodes, with kube-scheduler's weights. Left out are those whose scores depend on
 * other pods, on images or on the balance between resources, which weigh 6 in all: what an extender sees of any plugin is
 * only that another node is chosen than it preferred.
 */
public enum ScorePlugin {
    /** Prefers nodes of which less processor and memory is requested. */
    NODE_RESOURCES_FIT("NodeResourcesFit", 1),
    /** Prefers nodes as the pod's node affinity does. */
    NODE_AFFINITY("NodeAffinity", 2),
    /** Prefers nodes with fewer taints {@code PreferNoSchedule} that the pod does not tolerate. */
    TAINT_TOLERATION("TaintToleration", 3);

    private final String configured;
    private final int weight;

    ScorePlugin(String configured, int weight) {
        this.configured = configured;
        this.weight = weight;
    }

    /** Returns its name in a KubeSchedulerConfiguration. */
    public String configuredName() {
        return configured;
    }

    int weight() {
        return weight;
    }
}
