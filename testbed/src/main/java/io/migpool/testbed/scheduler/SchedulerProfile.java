package io.migpool.testbed.scheduler;

import java.util.Map;
import java.util.Set;

/**
 * How a scheduler searches for and scores nodes.
 *
 * @param percentageOfNodesToScore percentage of all nodes at which the search ends; 0 makes it depend on the size of
 *     the cluster
 * @param leastNodesToFind minimum number of passing nodes before the search ends (kube-scheduler: 100)
 * @param scores values of {@code spec.schedulerName} that it serves, with its own plugins that score nodes for such pods
 * @param preBind the wait between choice and binding
 */
public record SchedulerProfile(
        int percentageOfNodesToScore, int leastNodesToFind, Map<String, Set<ScorePlugin>> scores, PreBind preBind) {

    /** As configured by the manifests: every node is considered, and how full nodes are does not matter for GPU pods. */
    public static final SchedulerProfile DEFAULT = new SchedulerProfile(
            100,
            100,
            Map.of(
                    "hami-scheduler",
                    Set.of(ScorePlugin.NODE_AFFINITY, ScorePlugin.TAINT_TOLERATION),
                    "default-scheduler",
                    Set.of(ScorePlugin.values())),
            PreBind.NONE);

    private static final int HUNDRED = 100;
    private static final int ADAPTIVE = 50;
    private static final int ADAPTIVE_STEP = 125;
    private static final int LEAST_ADAPTIVE = 5;

    /** Rejects values that kube-scheduler rejects. */
    public SchedulerProfile {
        scores = Map.copyOf(scores);
        if (percentageOfNodesToScore < 0 || percentageOfNodesToScore > HUNDRED) {
            throw new IllegalArgumentException(
                    "percentageOfNodesToScore is %d: must be 0 to 100".formatted(percentageOfNodesToScore));
        }
        if (leastNodesToFind < 1) {
            throw new IllegalArgumentException("leastNodesToFind is %d: must be 1 or more".formatted(leastNodesToFind));
        }
        if (scores.isEmpty()) {
            throw new IllegalArgumentException("scores is empty: must name at least one scheduler");
        }
    }

    /** Returns the same profile with another sample of nodes. */
    public SchedulerProfile withSample(int percentage, int least) {
        return new SchedulerProfile(percentage, least, scores, preBind);
    }

    /** Returns the same profile with another percentage of nodes. */
    public SchedulerProfile withPercentage(int percentage) {
        return withSample(percentage, leastNodesToFind);
    }

    /** Returns the same profile for other schedulers, or with other plugins. */
    public SchedulerProfile withScores(Map<String, Set<ScorePlugin>> byScheduler) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, byScheduler, preBind);
    }

    /** Returns the same profile with a wait before pods are bound. */
    public SchedulerProfile withPreBind(PreBind wait) {
        return new SchedulerProfile(percentageOfNodesToScore, leastNodesToFind, scores, wait);
    }

    /** Returns how many of all nodes have to pass before the search ends. */
    int nodesToFind(int all) {
        int percentage = percentageOfNodesToScore == 0
                ? Math.max(LEAST_ADAPTIVE, ADAPTIVE - all / ADAPTIVE_STEP)
                : percentageOfNodesToScore;
        return Math.min(all, Math.max(leastNodesToFind, all * percentage / HUNDRED));
    }
}
