package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How a container gets access to its devices. If the host describes its driver, the CDI device holds everything that
 * they need, and any runtime can run the container. Otherwise a variable or mounts name the devices, and NVIDIA's
 * runtime, which then has to run the container, adds them. If NVIDIA's runtime has to resolve the CDI device, it adds
 * only what that device holds.
 */
final class DeviceAccess {

    private static final System.Logger LOG = System.getLogger(DeviceAccess.class.getName());

    /** Matches the version in {@code NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 2025}. */
    private static final Pattern VERSION = Pattern.compile("(?<=\\s)\\d+\\.\\d+(\\.\\d+)?(?=\\s)");

    private final InjectSettings settings;
    private final Supplier<Map<String, Integer>> minors;
    private final MigCapabilities capabilities;
    private final SpecificationFiles specifications;

    /**
     * @param minors minor number of each GPU's device node by UUID
     */
    DeviceAccess(InjectSettings settings, Supplier<Map<String, Integer>> minors) {
        this.settings = settings;
        this.minors = minors;
        this.specifications = new SpecificationFiles(settings.driver().specifications());
        this.capabilities = new MigCapabilities(settings.driver().proc());
    }

    /** Reads what the host says of its driver, so that the first container does not wait until it is parsed. */
    void getReady() {
        specifications.read();
    }

    /**
     * Returns the edits with access to the devices added.
     *
     * @throws PreparationException if the host does not describe what they need
     */
    ContainerEdits give(ContainerEdits edits, List<VisibleDevice> devices) throws PreparationException {
        return switch (settings.strategy()) {
            case CDI_CRI -> {
                Optional<DriverSpecification> driver = current();
                yield driver.isPresent()
                        ? edits.reaching(access(driver.get(), devices)).hiddenFromNvidiaRuntime()
                        : edits.seeing(devices.stream().map(VisibleDevice::uuid).toList(), settings.deviceList());
            }
            case ENVIRONMENT -> edits.reaching(access(current().orElseThrow(this::missing), devices));
        };
    }

    /**
     * Returns the preferred specification, leaving out those of a driver that has been replaced: its files are gone.
     */
    private Optional<DriverSpecification> current() {
        List<DriverSpecification> all = DriverSpecification.among(specifications.read());
        Optional<String> loaded = loadedDriver();
        Optional<DriverSpecification> current = all.stream()
                .filter(specification -> loaded.isEmpty()
                        || specification
                                .driverVersion()
                                .map(loaded.get()::equals)
                                .orElse(true))
                .findFirst();
        if (current.isEmpty() && !all.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "driver {0} is loaded, but the CDI specifications describe {1}: they are ignored, so that containers need"
                            + " NVIDIA''s runtime; generate them again with nvidia-ctk cdi generate",
                    loaded.orElseThrow(),
                    all.stream()
                            .flatMap(specification -> specification.driverVersion().stream())
                            .distinct()
                            .collect(Collectors.joining(", ")));
        }
        return current;
    }

    private PreparationException missing() {
        return new PreparationException(
                StartFailure.DRIVER_SPECIFICATION_MISSING,
                "none of %s has a CDI specification for the loaded driver, and without one NVIDIA's runtime does not mount the driver into the container; run nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml on the node"
                        .formatted(settings.driver().specifications()));
    }

    /** Returns the version of the loaded driver; empty if the kernel does not report it. */
    private Optional<String> loadedDriver() {
        try {
            return VERSION.matcher(Files.readString(settings.driver().proc().resolve("driver/nvidia/version")))
                    .results()
                    .map(MatchResult::group)
                    .findFirst();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the kernel does not report the driver's version", e);
            return Optional.empty();
        }
    }

    private DriverAccess access(DriverSpecification driver, List<VisibleDevice> devices) throws PreparationException {
        // Several instances may lie on one GPU.
        Set<JsonNode> nodes = new LinkedHashSet<>();
        for (VisibleDevice device : devices) {
            int minor = minor(device.gpuUuid());
            String path = "/dev/nvidia" + minor;
            nodes.add(driver.deviceNode(path)
                    .orElseGet(() -> JsonNodeFactory.instance.objectNode().put("path", path)));
            for (MigRuntime instance : device.instances()) {
                nodes.addAll(capabilities.nodes(minor, instance));
            }
        }
        return new DriverAccess(driver.version(), driver.common(), new ArrayList<>(nodes));
    }

    private int minor(String gpuUuid) throws PreparationException {
        Integer minor = minors.get().get(gpuUuid);
        if (minor == null) {
            throw new PreparationException(
                    StartFailure.GPU_UNREADABLE,
                    "the device node of %s is unknown because the driver has not listed the GPU; the start is retried"
                            .formatted(gpuUuid));
        }
        return minor;
    }
}
