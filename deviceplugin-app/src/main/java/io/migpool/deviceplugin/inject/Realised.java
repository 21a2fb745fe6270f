package io.migpool.deviceplugin.inject;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.util.Map;

/**
 * A pod all of whose instances exist.
 *
 * @param claim what it holds; not always what it was reserved at first
 * @param runtimes identity of each slice of it
 */
record Realised(PodClaim claim, Map<Slice, MigRuntime> runtimes) {
    Realised {
        runtimes = Map.copyOf(runtimes);
    }
}
