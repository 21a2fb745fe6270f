package io.migpool.extender.cluster;

import io.migpool.extender.pool.Charge;
import java.util.OptionalLong;

/**
 * What a namespace may have of GPUs, all its ResourceQuotas together, and what its bound pods have.
 *
 * @param memoryMiB most memory, in MiB; empty means no limit
 * @param cores most compute, in percent of a GPU; empty means no limit
 * @param used what bound pods have
 */
public record GpuQuota(OptionalLong memoryMiB, OptionalLong cores, Charge used) {

    /** Returns whether pods may have this much in total. A pod that adds nothing of a resource is not refused by its limit. */
    public boolean covers(Charge total, Charge more) {
        return covers(memoryMiB, total.memoryMiB(), more.memoryMiB()) && covers(cores, total.cores(), more.cores());
    }

    private static boolean covers(OptionalLong limit, long total, long more) {
        return limit.isEmpty() || more == 0 || total <= limit.getAsLong();
    }
}
