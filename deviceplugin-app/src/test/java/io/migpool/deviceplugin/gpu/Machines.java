package io.migpool.deviceplugin.gpu;

import java.time.Duration;

/** Machines for the contract of a driver. */
interface Machines {

    /** Reset for MIG mode. */
    String AMPERE = "NVIDIA A100-SXM4-80GB";

    /** MIG mode at once. */
    String HOPPER = "NVIDIA H100 80GB HBM3";

    String NO_MIG = "NVIDIA L40S";
    String NOWHERE = "GPU-00000000-0000-0000-0000-0000deadbeef";
    long MIB = 1L << 20;
    Duration SOON = Duration.ofSeconds(60);

    /** A machine with one GPU of each of these models, without instances and processes. */
    GpuLab boot(boolean migEnabled, String... models) throws GpuException;
}
