package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;

/** The machine that the commands work on. */
interface Host {

    /**
     * Opens its driver; the caller closes it.
     *
     * @throws GpuException if there is none or it refuses
     */
    GpuDriver openDriver() throws GpuException;

    /**
     * Returns the pods that hold devices on this machine, whether or not they run a process now.
     *
     * @param gpuUuids the GPUs of the machine; a holder whose device is unknown counts as holding each of them
     * @throws IOException if that cannot be determined; nothing may be changed then
     */
    List<Occupant> occupants(List<String> gpuUuids) throws IOException, InterruptedException;

    /**
     * Resets GPUs that nothing has open, this process included, and no others.
     *
     * @param gpuUuids the GPUs, at least one
     * @throws IOException if that fails; some may have been reset nevertheless
     */
    void resetGpus(List<String> gpuUuids) throws IOException;
}
