package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The CDI specification of the host's GPUs, as NVIDIA's toolkit keeps it ({@code nvidia-ctk cdi generate}) or the GPU Operator does
 * for its own containers. It lists no MIG instance that was cut later, but says what all devices have in common.
 *
 * @param root the document
 */
record DriverSpecification(JsonNode root) {

    private static final System.Logger LOG = System.getLogger(DriverSpecification.class.getName());
    private static final String KIND = "nvidia.com/gpu";
    /** The second is the Operator's: it has the driver's own device nodes in its one device only. */
    private static final List<String> KINDS = List.of(KIND, "management.nvidia.com/gpu");
    /** Nodes of the driver, not of a GPU. */
    private static final List<String> CONTROL_NODES =
            List.of("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset");

    private static final Pattern LIBRARY = Pattern.compile("/lib(?:cuda|nvidia-ml)\\.so\\.(\\d+\\.[0-9.]+)$");
    /** Reads JSON too. */
    private static final YAMLMapper YAML = new YAMLMapper();

    /**
     * Reads it anew: it changes with the driver.
     *
     * @param directories where it is looked for; the last one that has it counts
     * @throws PreparationException if none has it
     */
    static DriverSpecification in(List<Path> directories) throws PreparationException {
        return find(directories)
                .orElseThrow(() -> new PreparationException(
                        StartFailure.DRIVER_SPECIFICATION_MISSING,
                        "none of %s has a CDI specification of kind %s, without which NVIDIA's runtime does not bring the driver into the container; run nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml on the node"
                                .formatted(directories, KIND)));
    }

    /** Reads it anew, as {@link #in} does; empty if there is none. */
    static Optional<DriverSpecification> find(List<Path> directories) {
        List<JsonNode> documents = directories.reversed().stream()
                .flatMap(DriverSpecification::documents)
                .filter(document -> !document.path("containerEdits").isEmpty())
                .toList();
        return KINDS.stream()
                .flatMap(kind -> documents.stream()
                        .filter(document -> document.path("kind").asText().equals(kind)))
                .findFirst()
                .map(DriverSpecification::new);
    }

    private static Stream<JsonNode> documents(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(DriverSpecification::isSpecification).sorted().toList().stream()
                    .flatMap(file -> read(file).stream());
        } catch (NoSuchFileException e) {
            LOG.log(System.Logger.Level.DEBUG, "a directory of CDI specifications is not there", e);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "CDI specifications cannot be listed: {0}", e.toString());
        }
        return Stream.empty();
    }

    private static boolean isSpecification(Path file) {
        String name = file.getFileName().toString();
        // Of ours there is one per container.
        return !CdiDirectory.isOurs(name) && (name.endsWith(".json") || name.endsWith(".yaml"));
    }

    private static Optional<JsonNode> read(Path file) {
        try {
            return Optional.of(YAML.readTree(Files.readString(file)));
        } catch (NoSuchFileException e) {
            LOG.log(System.Logger.Level.DEBUG, "a CDI specification is gone", e);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "CDI specification {0} cannot be read: {1}", file, e.getMessage());
        }
        return Optional.empty();
    }

    String version() {
        return root.path("cdiVersion").asText();
    }

    String kind() {
        return root.path("kind").asText();
    }

    /** The version of the driver whose libraries it names; empty if it names none by version. */
    Optional<String> driverVersion() {
        return elements(root.path("containerEdits").path("mounts"))
                .flatMap(mount ->
                        LIBRARY.matcher(mount.path("hostPath").asText()).results())
                .map(library -> library.group(1))
                .findFirst();
    }

    /** What every container needs, with the driver's own device nodes. */
    JsonNode common() {
        ObjectNode common = root.path("containerEdits").deepCopy();
        ArrayNode nodes = common.withArrayProperty("deviceNodes");
        List<String> present = nodes.findValuesAsText("path");
        CONTROL_NODES.stream()
                .filter(path -> !present.contains(path))
                .flatMap(path -> deviceNode(path).stream())
                .forEach(nodes::add);
        return common;
    }

    /** A device node as one of the devices has it, which knows where the node is on the host. */
    Optional<JsonNode> deviceNode(String path) {
        return elements(root.path("devices"))
                .flatMap(device -> elements(device.path("containerEdits").path("deviceNodes")))
                .filter(node -> node.path("path").asText().equals(path))
                .findFirst();
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
