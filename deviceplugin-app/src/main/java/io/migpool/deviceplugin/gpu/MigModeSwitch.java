package io.migpool.deviceplugin.gpu;

/**
 * Switches MIG mode off. Apart from {@link GpuDriver}, because the dynamic pool must never do it: only a person who gives a
 * whole GPU a layout may. Resetting a GPU is not offered to anybody; where a board needs it, the change waits for it.
 */
public interface MigModeSwitch {

    /**
     * Switches MIG mode off ({@code nvmlDeviceSetMigMode}); does nothing if it is off. The caller destroys all instances first.
     *
     * @return the mode after the call; still on and {@link MigMode#resetRequired()} where the board needs a reset for it
     * @throws GpuException {@code IN_USE} if processes or instances are on the GPU, nothing is changed then; {@code NOT_SUPPORTED}
     *     if the board has no MIG
     */
    MigMode disableMig(String gpuUuid) throws GpuException;
}
