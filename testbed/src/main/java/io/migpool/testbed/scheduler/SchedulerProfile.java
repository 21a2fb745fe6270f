package io.migpool.testbed.scheduler;

/**
 * How a scheduler searches for and scores nodes.
 *
 * @param percentageOfNodesToScore percentage of all nodes at which the search ends; 0 makes it depend on the size of
 *     the cluster
 * @param leastNodesToFind minimum number of passing nodes before the search ends (kube-scheduler: 100)
 * @param pluginWeight weight of the scheduler's own scores of 0 to 100; 12 is the sum of kube-scheduler's default plugins
 * @param preBind the wait between choice and binding
 */
public record SchedulerProfile(int percentageOfNodesToScore, int leastNodesToFind, int pluginWeight, PreBind preBind) {

    /** As configured by the manifests: every node is considered, and default plugins differ little among GPU nodes. */
    public static final SchedulerProfile DEFAULT = new SchedulerProfile(100, 100, 1, PreBind.NONE);

    private static final int HUNDRED = 100;
    private static final int ADAPTIVE = 50;
    private static final int ADAPTIVE_STEP = 125;
    private static final int LEAST_ADAPTIVE = 5;

    /** Rejects values that kube-scheduler rejects. */
    public SchedulerProfile {
        if (percentageOfNodesToScore < 0 || percentageOfNodesToScore > HUNDRED) {
            throw new IllegalArgumentException(
                    "percentageOfNodesToScore is %d: must be 0 to 100".formatted(percentageOfNodesToScore));
        }
        if (leastNodesToFind < 1 || pluginWeight < 0) {
            throw new IllegalArgumentException("leastNodesToFind is %d, pluginWeight %d: must be at least 1 and 0"
                    .formatted(leastNodesToFind, pluginWeight));
        }
    }

    /** Returns the same profile with another sample of nodes. */
    public SchedulerProfile withSample(int percentage, int least) {
        return new SchedulerProfile(percentage, least, pluginWeight, preBind);
    }

    /** Returns the same profile with another percentage of nodes. */
    public SchedulerProfile withPercentage(int percentage) {
        return withSample(percentage, leastNodesToFind);
    }

    /** Returns the same profile with another weight of the scheduler's own scores. */
    public SchedulerProfile withPluginWeight(int weight) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, weight, preBind);
    }

    /** Returns the same profile with a wait before pods are bound. */
    public SchedulerProfile withPreBind(PreBind wait) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, pluginWeight, wait);
    }

    /** Returns how many of all nodes have to pass before the search ends. */
    int nodesToFind(int all) {
        int percentage = percentageOfNodesToScore == 0
                ? Math.max(LEAST_ADAPTIVE, ADAPTIVE - all / ADAPTIVE_STEP)
                : percentageOfNodesToScore;
        return Math.min(all, Math.max(leastNodesToFind, all * percentage / HUNDRED));
    }
}
