package io.migpool.deviceplugin.nvml;

import io.migpool.runtime.settings.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * Settings of this adapter.
 *
 * @param driverRoots {@code migpool.nvml.driver-root}, and the places where a containerised
 *     driver is usually mounted; searched in this order
 * @param failWithoutDriver {@code migpool.gpu.fail-without-driver}: whether a machine without driver or GPU is an error
 * @param initTimeout {@code migpool.nvml.init-timeout}: limit for initialising the library and counting the GPUs; then
 *     for each GPU to identify itself
 * @param queryTimeout {@code migpool.nvml.query-timeout}: limit for a call that reads
 * @param mutationTimeout {@code migpool.nvml.mutation-timeout}: limit for a call that changes something, including
 *     waiting for its turn
 * @param bootIdFile {@code migpool.nvml.boot-id-file}: file with the kernel's boot id
 * @param pciDevices {@code migpool.nvml.pci-devices-directory}: directory in which the kernel lists the NUMA node of a
 *     PCI device
 */
record NvmlSettings(
        List<Path> driverRoots,
        boolean failWithoutDriver,
        Duration initTimeout,
        Duration queryTimeout,
        Duration mutationTimeout,
        Path bootIdFile,
        Path pciDevices) {

    static final String DRIVER_ROOT_KEY = "migpool.nvml.driver-root";
    static final String FAIL_WITHOUT_DRIVER_KEY = "migpool.gpu.fail-without-driver";
    static final String INIT_TIMEOUT_KEY = "migpool.nvml.init-timeout";
    static final String QUERY_TIMEOUT_KEY = "migpool.nvml.query-timeout";
    static final String MUTATION_TIMEOUT_KEY = "migpool.nvml.mutation-timeout";
    static final String BOOT_ID_FILE_KEY = "migpool.nvml.boot-id-file";
    static final String PCI_DEVICES_KEY = "migpool.nvml.pci-devices-directory";

    private static final List<Path> USUAL_ROOTS = List.of(Path.of("/run/nvidia/driver"), Path.of("/driver-root"));

    NvmlSettings {
        driverRoots = List.copyOf(driverRoots);
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is malformed; the message names key, value and expected form
     */
    static NvmlSettings from(Config config) {
        SettingsReader own = new SettingsReader(config);
        return new NvmlSettings(
                Stream.concat(Stream.of(own.absolutePath(DRIVER_ROOT_KEY)), USUAL_ROOTS.stream())
                        .distinct()
                        .toList(),
                own.flag(FAIL_WITHOUT_DRIVER_KEY),
                own.positiveDuration(INIT_TIMEOUT_KEY),
                own.positiveDuration(QUERY_TIMEOUT_KEY),
                own.positiveDuration(MUTATION_TIMEOUT_KEY),
                own.absolutePath(BOOT_ID_FILE_KEY),
                own.absolutePath(PCI_DEVICES_KEY));
    }
}
