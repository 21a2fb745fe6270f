package io.migpool.deviceplugin.instance;

import io.migpool.contracts.wire.MigRuntime;
import java.util.Optional;
import java.util.OptionalInt;

/** How much of an instance exists in the driver. */
public sealed interface DriverState {

    /** Nothing yet. */
    record Nothing() implements DriverState {}

    /**
     * The GPU instance, without the compute instance: no container can use it.
     *
     * @param gpuInstanceId the driver's id
     */
    record GpuInstanceOnly(int gpuInstanceId) implements DriverState {}

    /**
     * The complete instance.
     *
     * @param runtime its identity
     */
    record Whole(MigRuntime runtime) implements DriverState {}

    /** Returns the id of the GPU instance, if there is one. */
    default OptionalInt instanceId() {
        return switch (this) {
            case Nothing _ -> OptionalInt.empty();
            case GpuInstanceOnly only -> OptionalInt.of(only.gpuInstanceId());
            case Whole whole -> OptionalInt.of(whole.runtime().gpuInstanceId());
        };
    }

    /** Returns the identity, if the instance is complete. */
    default Optional<MigRuntime> identity() {
        return this instanceof Whole whole ? Optional.of(whole.runtime()) : Optional.empty();
    }
}
