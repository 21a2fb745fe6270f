package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;

/** The machine that commands are about. */
interface Host {

    /**
     * Opens its driver; the caller closes it.
     *
     * @throws GpuException if there is none or it refuses
     */
    GpuDriver openDriver() throws GpuException;

    /**
     * Who has been given devices here, whether or not a process of theirs runs now.
     *
     * @param gpuUuids the GPUs here; somebody of whom it cannot be told what he has counts as having each of them
     * @throws IOException if that cannot be told; nothing may be changed then
     */
    List<Occupant> occupants(List<String> gpuUuids) throws IOException, InterruptedException;
}
