package io.migpool.deviceplugin.gpu;

/**
 * Switches MIG mode off and resets single GPUs. Apart from {@link GpuDriver}, because the dynamic pool must never do it: only a
 * person who gives a whole GPU a layout may.
 */
public interface MigModeSwitch {

    /**
     * Switches MIG mode off ({@code nvmlDeviceSetMigMode}); does nothing if it is off. The caller destroys all instances first. A
     * mode that is off and would go on with the next reset stays off then.
     *
     * @return the mode after the call; still on and {@link MigMode#resetRequired()} where the board needs a reset for it
     * @throws GpuException {@code IN_USE} if processes or instances are on the GPU, nothing is changed then; {@code NOT_SUPPORTED}
     *     if the board has no MIG
     */
    MigMode disableMig(String gpuUuid) throws GpuException;

    /**
     * Whether a change of mode for which the board needs a reset may come about from here, as far as is known now: by
     * {@link #reset}, or because the board resets itself. Of the latter the first change tells.
     *
     * @throws GpuException {@code NOT_FOUND} if there is no such GPU
     */
    boolean canReset(String gpuUuid) throws GpuException;

    /**
     * Resets one GPU, so that a pending MIG mode is in force; its instances are gone. Other GPUs are not touched.
     *
     * @return the mode after it
     * @throws GpuException {@code IN_USE} if anybody holds the GPU, nothing is changed then; {@code NOT_SUPPORTED} if it cannot be
     *     reset by itself, or not from here
     */
    MigMode reset(String gpuUuid) throws GpuException;
}
