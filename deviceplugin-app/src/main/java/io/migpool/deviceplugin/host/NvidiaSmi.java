package io.migpool.deviceplugin.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** NVIDIA's program {@code nvidia-smi}, run where the driver's files are. Thread-safe; calls block. */
public final class NvidiaSmi {

    private static final String NAME = "nvidia-smi";
    private static final Path ROOT = Path.of("/");
    /** Where the driver is if a container of the GPU Operator brings it. */
    private static final Path DRIVER_CONTAINER = Path.of("/run/nvidia/driver");

    private final HostPrograms programs;
    private final Path hostRoot;
    private final Optional<Path> driverRoot;

    /**
     * @param programs runs it
     * @param hostRoot where the host's files are seen
     * @param driverRoot the root of the driver's files, on the host; empty: {@code /run/nvidia/driver} if a driver is
     *     there, else {@code /}
     */
    public NvidiaSmi(HostPrograms programs, Path hostRoot, Optional<Path> driverRoot) {
        this.programs = programs;
        this.hostRoot = hostRoot;
        this.driverRoot = driverRoot;
    }

    /** Returns the root of the driver's files, on the host. */
    public Path driverRoot() {
        return driverRoot.orElseGet(() -> {
            try {
                programs.find(HostPrograms.under(hostRoot, DRIVER_CONTAINER), NAME);
                return DRIVER_CONTAINER;
            } catch (IOException e) {
                return ROOT;
            }
        });
    }

    /**
     * Makes the driver create the device nodes of new instances in {@code /dev/nvidia-caps}, as any use of it does.
     *
     * @throws IOException if it is not there, fails, or does not end in time
     */
    public void createDeviceNodes() throws IOException {
        run(List.of());
    }

    /**
     * Resets GPUs, which puts their pending MIG modes into force and destroys their instances; no other GPU is
     * affected. No process may have one of them open, this one included.
     *
     * <p>One call resets all of them, because {@code nvidia-smi} may refuse to reset one of several that NVLink
     * connects unless the others are reset by the same command.
     *
     * @param gpuUuids the GPUs, at least one: without a list {@code nvidia-smi} resets every GPU of the machine
     * @throws IOException if it is not there, fails, or does not end in time; some may have been reset nevertheless
     * @throws IllegalArgumentException if there is none
     */
    public void reset(List<String> gpuUuids) throws IOException {
        if (gpuUuids.isEmpty()) {
            throw new IllegalArgumentException("a reset of no GPU; without a list, nvidia-smi resets all of them");
        }
        run(List.of("--gpu-reset", "-i", String.join(",", gpuUuids)));
    }

    private void run(List<String> arguments) throws IOException {
        Path files = HostPrograms.under(hostRoot, driverRoot());
        var _ = programs.run(files, programs.find(files, NAME), arguments);
    }
}
