package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.util.Map;

/**
 * A pod whose instances all exist.
 *
 * @param claim its claim; not always the original reservation
 * @param runtimes identity of each of its slices
 */
record RealisedPod(PodClaim claim, Map<Slice, MigRuntime> runtimes) {
    RealisedPod {
        runtimes = Map.copyOf(runtimes);
    }
}
