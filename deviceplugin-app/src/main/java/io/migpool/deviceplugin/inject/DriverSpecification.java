package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The CDI specification of the host's GPUs, as NVIDIA's toolkit keeps it ({@code nvidia-ctk cdi generate}). It lists no MIG
 * instance that was cut later, but says what all devices have in common.
 *
 * @param root the document
 */
record DriverSpecification(JsonNode root) {

    private static final System.Logger LOG = System.getLogger(DriverSpecification.class.getName());
    private static final String KIND = "nvidia.com/gpu";
    /** Reads JSON too. */
    private static final YAMLMapper YAML = new YAMLMapper();

    /**
     * Reads it anew: it changes with the driver.
     *
     * @param directories where it is looked for; the last one that has it counts
     * @throws PreparationException if none has it
     */
    static DriverSpecification in(List<Path> directories) throws PreparationException {
        return directories.reversed().stream()
                .flatMap(DriverSpecification::documents)
                .filter(document -> document.path("kind").asText().equals(KIND))
                .filter(document -> !document.path("containerEdits").isEmpty())
                .findFirst()
                .map(DriverSpecification::new)
                .orElseThrow(() -> new PreparationException(
                        StartFailure.DRIVER_SPECIFICATION_MISSING,
                        "none of %s has a CDI specification of kind %s, without which NVIDIA's runtime does not bring the driver into the container; run nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml on the node"
                                .formatted(directories, KIND)));
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
        return name.endsWith(".json") || name.endsWith(".yaml");
    }

    private static Optional<JsonNode> read(Path file) {
        try {
            return Optional.of(YAML.readTree(Files.readString(file)));
        } catch (NoSuchFileException e) {
            // Ours come and go.
            LOG.log(System.Logger.Level.DEBUG, "a CDI specification is gone", e);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "CDI specification {0} cannot be read: {1}", file, e.getMessage());
        }
        return Optional.empty();
    }

    String version() {
        return root.path("cdiVersion").asText();
    }

    JsonNode common() {
        return root.path("containerEdits");
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
