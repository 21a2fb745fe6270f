package io.migpool.deviceplugin.migmanager;

/**
 * NVIDIA's own CDI specification of all devices ({@code management.nvidia.com/gpu}), which lists the MIG instances that
 * exist when it is generated. Clients of the GPU Operator get their devices through it.
 */
@FunctionalInterface
interface ManagementSpecification {

    /** No one needs it. */
    ManagementSpecification NONE = () -> {};

    /**
     * Generates it again from the present instances.
     *
     * @throws UnreachableException if that fails; the former one stays
     */
    void generate() throws UnreachableException;
}
