package io.migpool.deviceplugin.inject;

import java.nio.file.Path;
import java.util.List;

/**
 * The places where the host describes what a container needs to use NVIDIA's driver.
 *
 * @param specifications directories with CDI specifications of the host's GPUs; the last one is preferred, as in
 *     CDI
 * @param proc the kernel's {@code /proc}
 */
public record DriverFiles(List<Path> specifications, Path proc) {

    /** No CDI specification of the driver anywhere. */
    public static final DriverFiles NONE = new DriverFiles(List.of(), Path.of("/proc"));

    public DriverFiles {
        specifications = List.copyOf(specifications);
    }
}
