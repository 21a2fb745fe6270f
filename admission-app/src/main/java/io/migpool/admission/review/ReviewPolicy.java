package io.migpool.admission.review;

import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;

/**
 * The settings for reviewing pods; one immutable snapshot per review.
 *
 * @param resources names of the GPU resources
 * @param defaults values for what a request omits
 * @param schedulerName scheduler for GPU pods; if empty, pods keep theirs
 * @param overwriteDefaultScheduler whether pods of {@code default-scheduler} get ours
 * @param overwriteEnv whether containers without a GPU request get {@code NVIDIA_VISIBLE_DEVICES=none}
 * @param runtimeClassName runtime class for GPU pods that name none; if empty, they get none
 * @param gpuCorePolicy policy of the compute limiter
 * @param pool what the cluster has
 */
public record ReviewPolicy(
        ResourceNames resources,
        RequestDefaults defaults,
        String schedulerName,
        boolean overwriteDefaultScheduler,
        boolean overwriteEnv,
        String runtimeClassName,
        CorePolicy gpuCorePolicy,
        Pool pool) {

    /** Scheduler name that the Kubernetes API server gives to pods that name none. */
    static final String DEFAULT_SCHEDULER = "default-scheduler";

    /** The policy of a cluster without configuration. */
    public static final ReviewPolicy DEFAULT = new ReviewPolicy(
            ResourceNames.DEFAULT,
            RequestDefaults.NONE,
            "hami-scheduler",
            true,
            false,
            "",
            CorePolicy.DEFAULT,
            Pool.UNKNOWN);

    /** Returns whether pods of this scheduler are reviewed; those of others pass untouched. */
    boolean covers(String podScheduler) {
        return podScheduler.isEmpty()
                || podScheduler.equals(schedulerName)
                || (overwriteDefaultScheduler && podScheduler.equals(DEFAULT_SCHEDULER));
    }
}
