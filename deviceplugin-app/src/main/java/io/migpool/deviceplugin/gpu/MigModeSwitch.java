package io.migpool.deviceplugin.gpu;

/**
 * Switches MIG mode off and resets individual GPUs. Separate from {@link GpuDriver}, because the dynamic pool must
 * never do this: only a layout of whole GPUs, requested by a person, may.
 */
public interface MigModeSwitch {

    /**
     * Switches MIG mode off ({@code nvmlDeviceSetMigMode}); does nothing if it is off. The caller destroys all
     * instances first. If the mode is off and would go on with the next reset, that change is cancelled.
     *
     * @return the mode after the call; still on and {@link MigMode#resetRequired()} if the board needs a reset for it
     * @throws GpuException {@code IN_USE} if there are processes or instances on the GPU; nothing has changed then;
     *     {@code NOT_SUPPORTED} if the board has no MIG
     */
    MigMode disableMig(String gpuUuid) throws GpuException;

    /**
     * Returns whether, as far as is known, a change of mode that needs a reset can be completed from here: by
     * {@link #reset}, or because the board resets itself. Only the first change shows whether the latter is the case.
     *
     * @throws GpuException {@code NOT_FOUND} if there is no such GPU
     */
    boolean canReset(String gpuUuid) throws GpuException;

    /**
     * Resets one GPU, which puts a pending MIG mode into force and destroys its instances. Other GPUs are not affected.
     *
     * @return the mode after it
     * @throws GpuException {@code IN_USE} if any process holds the GPU; nothing has changed then; {@code NOT_SUPPORTED}
     *     if it cannot be reset alone, or not from here
     */
    MigMode reset(String gpuUuid) throws GpuException;
}
