package io.migpool.deviceplugin.featurelabels;

import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A machine as labels describe it.
 *
 * @param versions the driver's versions; empty if it does not report them
 * @param machine the maker's name for the machine
 */
public record DescribedHost(Optional<DriverVersions> versions, String machine) {

    /** The file with the firmware's name for a machine. */
    public static final Path PRODUCT_NAME = Path.of("/sys/class/dmi/id/product_name");

    private static final String UNKNOWN = "unknown";

    /** Reads both; a machine that does not report its name is {@code unknown}. Blocks for a driver call. */
    static DescribedHost read(GpuDriver driver, Path productName) throws GpuException {
        return new DescribedHost(driver.versions(), machine(productName));
    }

    private static String machine(Path productName) {
        try {
            String name = Files.readString(productName).strip();
            return name.isEmpty() ? UNKNOWN : name;
        } catch (IOException e) {
            return UNKNOWN;
        }
    }
}
