package io.migpool.extender.placement;

import io.migpool.contracts.mig.Placement;
import org.jspecify.annotations.Nullable;

/**
 * One way to serve one device on one node, for a policy to compare. Either an instance ({@code placement} is set) or a
 * software share.
 *
 * @param gpu the GPU before
 * @param gpuPosition position of the GPU on its node, from 0
 * @param after the GPU with the device on it
 * @param share what would be taken
 * @param profile index of the profile on the board, or -1 for a software share
 * @param placement where the instance would lie, or null for a software share
 * @param rank 0 for the profile that rules and request prefer on this GPU, 1 for the next, and so on
 * @param permille part of the GPU that is taken, in thousandths
 * @param idle whether exactly this instance exists and has no user
 */
record Option(
        GpuView gpu,
        int gpuPosition,
        GpuView after,
        DeviceShare share,
        int profile,
        @Nullable Placement placement,
        int rank,
        int permille,
        boolean idle) {}
