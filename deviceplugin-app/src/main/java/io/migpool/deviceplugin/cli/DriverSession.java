package io.migpool.deviceplugin.cli;

import io.migpool.deviceplugin.geometry.Geometry;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The driver as long as a command changes GPUs. It is opened when it is needed, and closed while GPUs are reset,
 * because nothing may have them open then. Used by one thread.
 */
final class DriverSession implements AutoCloseable {

    private static final String ADVICE =
            "end what has a GPU open (fuser -v /dev/nvidia* lists it); if NVLink connects GPUs that have to be reset together, or nothing helps, leave the modes pending (apply -s -m, or nvidia-smi -mig), reset all those GPUs with one nvidia-smi --gpu-reset -i GPU,GPU or reboot, and try again";

    private final Host host;
    private final boolean mayReset;
    private @Nullable Opened opened;

    private record Opened(GpuDriver driver, Geometry geometry) {}

    /** @param mayReset whether a GPU on which nothing runs may be reset where its MIG mode needs that */
    DriverSession(Host host, boolean mayReset) {
        this.host = host;
        this.mayReset = mayReset;
    }

    private Opened opened() throws GpuException {
        Opened present = opened;
        if (present == null) {
            GpuDriver driver = host.openDriver();
            present = new Opened(driver, new Geometry(driver, _ -> true, _ -> true, () -> mayReset));
            opened = present;
        }
        return present;
    }

    /**
     * Returns the geometry of all GPUs, valid until the next {@link #reset}.
     *
     * @throws GpuException if the driver cannot be opened
     */
    Geometry geometry() throws GpuException {
        return opened().geometry();
    }

    /** Returns the pods that hold devices, as {@link Host#occupants} does. */
    List<Occupant> occupants() throws GpuException, IOException, InterruptedException {
        return host.occupants(
                opened().driver().gpus().stream().map(GpuDescription::uuid).toList());
    }

    /**
     * Resets GPUs, so that their pending MIG modes are in force.
     *
     * @param gpuUuids GPUs that nothing uses, at least one
     * @throws CommandException if they may not or cannot be reset, or a mode is still pending; others may be in force
     * @throws GpuException if the driver, or one of the GPUs, does not come back
     */
    void reset(List<String> gpuUuids) throws CommandException, GpuException {
        if (!mayReset) {
            throw new CommandException("MIG mode of %s is pending and no GPU may be reset (--skip-reset)"
                    .formatted(String.join(", ", gpuUuids)));
        }
        close();
        try {
            host.resetGpus(gpuUuids);
        } catch (IOException e) {
            throw new CommandException(
                    "%s cannot be reset: %s; %s".formatted(String.join(", ", gpuUuids), e.getMessage(), ADVICE), e);
        }
        for (String gpu : gpuUuids) {
            if (opened().driver().migMode(gpu).resetRequired()) {
                throw new CommandException(
                        "nvidia-smi reports a reset of %s, but its MIG mode is still pending; see the kernel log, or reboot"
                                .formatted(gpu));
            }
        }
    }

    @Override
    public void close() {
        Opened present = opened;
        if (present != null) {
            opened = null;
            present.driver().close();
        }
    }
}
