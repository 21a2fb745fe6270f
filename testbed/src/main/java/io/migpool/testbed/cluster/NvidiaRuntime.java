package io.migpool.testbed.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.testbed.kubelet.ContainerMount;
import io.migpool.testbed.kubelet.RunningContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What NVIDIA's container runtime makes of a container: the variable that names devices, mounts that stand for them, or CDI
 * devices that it resolves itself where the container engine does not.
 *
 * @param cdiDirectory where CDI files lie
 */
record NvidiaRuntime(Path cdiDirectory) {

    private static final String VISIBLE_DEVICES = "NVIDIA_VISIBLE_DEVICES";
    private static final String DEVICE_MOUNTS = "/var/run/nvidia-container-devices";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** UUIDs of the devices that the container sees, in order. */
    List<String> visibleDevices(RunningContainer container) {
        String named = container.environment().getOrDefault(VISIBLE_DEVICES, "");
        if (named.equals(DEVICE_MOUNTS)) {
            return container.mounts().stream()
                    .map(ContainerMount::containerPath)
                    .filter(path -> path.startsWith(DEVICE_MOUNTS + "/"))
                    .map(path -> path.substring(DEVICE_MOUNTS.length() + 1))
                    .toList();
        }
        String devices = named.contains("=") ? cdiVariable(named).orElse("") : named;
        return devices.isEmpty() || devices.equals("none") ? List.of() : List.of(devices.split(",", -1));
    }

    /** The same variable as the CDI device sets it. */
    private Optional<String> cdiVariable(String device) {
        for (JsonNode document : documents()) {
            for (JsonNode candidate : document.path("devices")) {
                String name = document.path("kind").asText() + "="
                        + candidate.path("name").asText();
                for (JsonNode variable : candidate.path("containerEdits").path("env")) {
                    if (name.equals(device) && variable.asText().startsWith(VISIBLE_DEVICES + "=")) {
                        return Optional.of(variable.asText().substring(VISIBLE_DEVICES.length() + 1));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private List<JsonNode> documents() {
        List<JsonNode> documents = new ArrayList<>();
        try (Stream<Path> files = Files.list(cdiDirectory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                documents.add(JSON.readTree(Files.readString(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the CDI directory " + cdiDirectory + " cannot be read", e);
        }
        return documents;
    }
}
