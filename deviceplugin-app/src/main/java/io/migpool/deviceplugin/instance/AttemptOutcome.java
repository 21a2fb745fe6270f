package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.Map;

/** The outcome of one attempt to create a pod's instances on one GPU. */
sealed interface AttemptOutcome {

    /**
     * All instances exist.
     *
     * @param runtimes their identities
     */
    record Done(Map<Slice, MigRuntime> runtimes) implements AttemptOutcome {
        public Done {
            runtimes = Map.copyOf(runtimes);
        }
    }

    /**
     * Another instance is in the way.
     *
     * @param wanted what could not be cut
     * @param by the instance in the way
     */
    record Occupied(Slice wanted, MigInstance by) implements AttemptOutcome {}

    /**
     * The driver refused.
     *
     * @param wanted what could not be cut
     * @param cause why
     */
    record Refused(Slice wanted, GpuException cause) implements AttemptOutcome {}

    /**
     * The GPU was handed over: the pool no longer creates instances there.
     *
     * @param wanted the slice that was not attempted
     */
    record HandedOver(Slice wanted) implements AttemptOutcome {}

    /**
     * The ownership file could not be written.
     *
     * @param cause why
     */
    record NotSaved(RealisationException cause) implements AttemptOutcome {}
}
