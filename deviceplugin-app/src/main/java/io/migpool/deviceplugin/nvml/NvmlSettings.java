package io.migpool.deviceplugin.nvml;

import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * Settings of this adapter.
 *
 * @param driverRoots {@code migpool.nvml.driver-root}, {@code /} unless set, and the places where a containerised
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
        return new NvmlSettings(
                Stream.concat(Stream.of(path(config, DRIVER_ROOT_KEY, "/")), USUAL_ROOTS.stream())
                        .distinct()
                        .toList(),
                config.getOptionalValue(FAIL_WITHOUT_DRIVER_KEY, Boolean.class).orElse(false),
                duration(config, INIT_TIMEOUT_KEY, "PT60S"),
                duration(config, QUERY_TIMEOUT_KEY, "PT10S"),
                duration(config, MUTATION_TIMEOUT_KEY, "PT30S"),
                path(config, BOOT_ID_FILE_KEY, "/proc/sys/kernel/random/boot_id"),
                path(config, PCI_DEVICES_KEY, "/sys/bus/pci/devices"));
    }

    private static Path path(Config config, String key, String otherwise) {
        Path path = Path.of(config.getOptionalValue(key, String.class).orElse(otherwise));
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("%s is '%s', expected an absolute path".formatted(key, path));
        }
        return path;
    }

    private static Duration duration(Config config, String key, String otherwise) {
        String text = config.getOptionalValue(key, String.class).orElse(otherwise);
        try {
            Duration duration = Duration.parse(text);
            if (duration.isPositive()) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "%s is '%s', expected an ISO-8601 duration such as PT10S".formatted(key, text), e);
        }
        throw new IllegalArgumentException("%s is '%s', it must be positive".formatted(key, text));
    }
}
