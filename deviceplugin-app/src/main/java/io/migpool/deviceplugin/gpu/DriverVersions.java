package io.migpool.deviceplugin.gpu;

import java.util.Optional;

/**
 * What a driver says of itself; nothing is decided by it.
 *
 * @param driver its version, for example {@code 580.65.06}
 * @param cuda the newest CUDA that it runs; empty if it does not tell
 */
public record DriverVersions(String driver, Optional<Cuda> cuda) {

    /** A version of CUDA. */
    public record Cuda(int major, int minor) {}
}
