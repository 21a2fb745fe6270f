package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.Map;

/** What came of one try to cut a pod's instances on one GPU. */
sealed interface Attempt {

    /**
     * All of them exist.
     *
     * @param runtimes their identities
     */
    record Done(Map<Slice, MigRuntime> runtimes) implements Attempt {
        public Done {
            runtimes = Map.copyOf(runtimes);
        }
    }

    /**
     * Another instance is in the way.
     *
     * @param wanted what could not be cut
     * @param by what lies there
     */
    record Occupied(Slice wanted, MigInstance by) implements Attempt {}

    /**
     * The driver refused.
     *
     * @param wanted what could not be cut
     * @param cause why
     */
    record Refused(Slice wanted, GpuException cause) implements Attempt {}

    /**
     * The GPU was handed over: the pool does not cut there any more.
     *
     * @param wanted what was not tried
     */
    record HandedOver(Slice wanted) implements Attempt {}

    /**
     * The ownership file could not be written.
     *
     * @param cause why
     */
    record NotSaved(RealisationException cause) implements Attempt {}
}
