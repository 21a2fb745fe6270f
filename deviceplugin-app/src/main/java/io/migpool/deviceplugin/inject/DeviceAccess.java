package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
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

/**
 * How a container gets at its devices. The CDI device holds everything that they need if the host says what that is: then no
 * runtime but the one that resolves CDI has to take part. Otherwise a variable or mounts name the devices, for NVIDIA's runtime to
 * bring them, which has to be the one that runs the container. Where NVIDIA's runtime is to resolve the CDI device it brings that
 * and nothing else.
 */
final class DeviceAccess {

    private static final System.Logger LOG = System.getLogger(DeviceAccess.class.getName());

    /** In a text like {@code NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:26:05 UTC 2025}. */
    private static final Pattern VERSION = Pattern.compile("(?<=\\s)\\d+\\.\\d+(\\.\\d+)?(?=\\s)");

    private final InjectSettings settings;
    private final Supplier<Map<String, Integer>> minors;
    private final MigCapabilities capabilities;

    /**
     * @param minors number of each GPU's device node by UUID
     */
    DeviceAccess(InjectSettings settings, Supplier<Map<String, Integer>> minors) {
        this.settings = settings;
        this.minors = minors;
        this.capabilities = new MigCapabilities(settings.driver().proc());
    }

    /**
     * The same edits, and with them the devices.
     *
     * @throws PreparationException if the host does not tell what they need
     */
    ContainerEdits give(ContainerEdits edits, List<VisibleDevice> devices) throws PreparationException {
        return switch (settings.strategy()) {
            case CDI_CRI -> {
                Optional<DriverSpecification> driver = current();
                yield driver.isPresent()
                        ? edits.reaching(access(driver.get(), devices)).hiddenFromNvidiaRuntime()
                        : edits.seeing(devices.stream().map(VisibleDevice::uuid).toList(), settings.deviceList());
            }
            case ENVIRONMENT ->
                edits.reaching(access(DriverSpecification.in(settings.driver().specifications()), devices));
        };
    }

    /** The host's specification, unless it is of a driver that has been replaced: its libraries are gone then. */
    private Optional<DriverSpecification> current() {
        Optional<DriverSpecification> found =
                DriverSpecification.find(settings.driver().specifications());
        Optional<String> other = found.flatMap(DriverSpecification::driverVersion)
                .filter(version -> !loadedDriver().map(version::equals).orElse(true));
        if (other.isPresent()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the CDI specification of kind {0} is of driver {1}, which is not the one that is loaded, and is left aside: containers need NVIDIA''s runtime; make it again with nvidia-ctk cdi generate",
                    found.get().kind(),
                    other.get());
            return Optional.empty();
        }
        return found;
    }

    /** As the kernel names it; empty where it does not. */
    private Optional<String> loadedDriver() {
        try {
            return VERSION.matcher(Files.readString(settings.driver().proc().resolve("driver/nvidia/version")))
                    .results()
                    .map(MatchResult::group)
                    .findFirst();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the kernel does not tell the driver's version", e);
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
            Optional<MigRuntime> instance = device.instance();
            if (instance.isPresent()) {
                nodes.addAll(capabilities.nodes(minor, instance.get()));
            }
        }
        return new DriverAccess(driver.version(), driver.common(), new ArrayList<>(nodes));
    }

    private int minor(String gpuUuid) throws PreparationException {
        Integer minor = minors.get().get(gpuUuid);
        if (minor == null) {
            throw new PreparationException(
                    StartFailure.GPU_UNREADABLE,
                    "the device node of %s is not known, as the driver has not listed the GPU; the start is tried again"
                            .formatted(gpuUuid));
        }
        return minor;
    }
}
