package io.migpool.deviceplugin.gpu;

import java.util.Optional;

/**
 * Versions that a driver reports, for information only.
 *
 * @param driver its version, for example {@code 580.65.06}
 * @param cuda the newest CUDA version that it supports; empty if it does not report one
 */
public record DriverVersions(String driver, Optional<Cuda> cuda) {

    /** A version of CUDA. */
    public record Cuda(int major, int minor) {}
}
