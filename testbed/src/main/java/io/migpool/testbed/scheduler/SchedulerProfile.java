package io.migpool.testbed.scheduler;

/**
 * How a scheduler looks for nodes and weighs them.
 *
 * @param percentageOfNodesToScore the search ends at this part of all nodes, in percent; 0 leaves it to the size of the cluster
 * @param leastNodesToFind but not before so many nodes passed (kube-scheduler: 100)
 * @param pluginWeight weight of the scheduler's own scores of 0 to 100; 12 is the sum of kube-scheduler's default plugins
 * @param preBind what is waited for between choice and binding
 */
public record SchedulerProfile(int percentageOfNodesToScore, int leastNodesToFind, int pluginWeight, PreBind preBind) {

    /** As the manifests configure it: every node is looked at, and default plugins differ by little among GPU nodes. */
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

    /** The same with another sample of the nodes. */
    public SchedulerProfile withSample(int percentage, int least) {
        return new SchedulerProfile(percentage, least, pluginWeight, preBind);
    }

    /** The same with another weight of the scheduler's own scores. */
    public SchedulerProfile withPluginWeight(int weight) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, weight, preBind);
    }

    /** The same with something to wait for before pods are bound. */
    public SchedulerProfile withPreBind(PreBind wait) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, pluginWeight, wait);
    }

    /** At how many nodes that pass the search ends, of so many in all. */
    int nodesToFind(int all) {
        int percentage = percentageOfNodesToScore == 0
                ? Math.max(LEAST_ADAPTIVE, ADAPTIVE - all / ADAPTIVE_STEP)
                : percentageOfNodesToScore;
        return Math.min(all, Math.max(leastNodesToFind, all * percentage / HUNDRED));
    }
}
