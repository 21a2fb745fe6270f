package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How a container gets at its devices. A container runtime that resolves CDI devices itself shows the result to NVIDIA's, which
 * then brings the devices that a variable or mounts name. Where NVIDIA's runtime is to resolve the CDI device it brings that and
 * nothing else, so that the device has to hold everything.
 */
final class DeviceAccess {

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
            case CDI_CRI ->
                edits.seeing(devices.stream().map(VisibleDevice::uuid).toList(), settings.deviceList());
            case ENVIRONMENT -> edits.reaching(access(devices));
        };
    }

    private DriverAccess access(List<VisibleDevice> devices) throws PreparationException {
        DriverSpecification driver = DriverSpecification.in(settings.driver().specifications());
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
