package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The device nodes that guard MIG instances: a process that may open that of a GPU instance and that of its compute
 * instance may use them. The kernel driver has a table of them, which includes those of instances that do not exist.
 *
 * @param proc the kernel's {@code /proc}
 */
record MigCapabilities(Path proc) {

    private static final String DIRECTORY = "/dev/nvidia-caps";

    /**
     * Returns the nodes of an instance, described by number, because the host creates their files only on demand.
     *
     * @param gpuMinor number of the GPU's own device node
     * @throws PreparationException if the driver does not list them
     */
    List<JsonNode> nodes(int gpuMinor, MigRuntime instance) throws PreparationException {
        Path minors = proc.resolve("driver/nvidia-caps/mig-minors");
        String gpuInstance = "gpu%d/gi%d".formatted(gpuMinor, instance.gpuInstanceId());
        int major = number(proc.resolve("devices"), "nvidia-caps", 1, 0);
        return List.of(
                node(major, number(minors, gpuInstance + "/access", 0, 1)),
                node(
                        major,
                        number(minors, "%s/ci%d/access".formatted(gpuInstance, instance.computeInstanceId()), 0, 1)));
    }

    private static JsonNode node(int major, int minor) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("path", DIRECTORY + "/nvidia-cap" + minor)
                .put("type", "c")
                .put("major", major)
                .put("minor", minor)
                .put("permissions", "rw");
    }

    /** Returns the number in a line of two columns. */
    private static int number(Path file, String name, int nameColumn, int numberColumn) throws PreparationException {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(columns -> columns.length == 2 && columns[nameColumn].equals(name))
                    .mapToInt(columns -> Integer.parseInt(columns[numberColumn]))
                    .findFirst()
                    .orElseThrow(() -> new IOException("there is no such line"));
        } catch (IOException | NumberFormatException e) {
            throw new PreparationException(
                    StartFailure.MIG_CAPABILITY_UNKNOWN,
                    "%s does not name the device node of %s (%s); check that the NVIDIA driver is loaded with MIG device nodes enabled (nv_cap_enable_devfs=1)"
                            .formatted(file, name, e),
                    e);
        }
    }
}
