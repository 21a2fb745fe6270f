package io.migpool.admission.review;

import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;

/**
 * What the cluster's settings say about reviewing pods; one immutable snapshot per review.
 *
 * @param resources names of the GPU resources
 * @param defaults what a request means where it is silent
 * @param schedulerName scheduler that GPU pods get; empty: pods keep theirs
 * @param overwriteDefaultScheduler whether pods of {@code default-scheduler} get ours
 * @param overwriteEnv whether containers without a GPU request get {@code NVIDIA_VISIBLE_DEVICES=none}
 * @param runtimeClassName runtime class for GPU pods that name none; empty: none
 * @param gpuCorePolicy {@code force} or {@code disable} for the compute limiter; anything else leaves it its own choice
 * @param pool what the cluster has
 */
public record ReviewPolicy(
        ResourceNames resources,
        RequestDefaults defaults,
        String schedulerName,
        boolean overwriteDefaultScheduler,
        boolean overwriteEnv,
        String runtimeClassName,
        String gpuCorePolicy,
        Pool pool) {

    /** Scheduler name under which the Kubernetes API server files pods that name none. */
    static final String DEFAULT_SCHEDULER = "default-scheduler";

    /** What a cluster has that configures nothing. */
    public static final ReviewPolicy DEFAULT = new ReviewPolicy(
            ResourceNames.DEFAULT, RequestDefaults.NONE, "hami-scheduler", true, false, "", "", Pool.UNKNOWN);

    /** Whether a pod of this scheduler is ours to review; the others' pods pass untouched. */
    boolean covers(String podScheduler) {
        return podScheduler.isEmpty()
                || podScheduler.equals(schedulerName)
                || (overwriteDefaultScheduler && podScheduler.equals(DEFAULT_SCHEDULER));
    }
}
