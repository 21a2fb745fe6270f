package io.migpool.testbed.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import io.migpool.contracts.kubelet.deviceplugin.ContainerAllocateResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * kubelet's device checkpoint: {@code Data.PodDeviceEntries[]} with pod uid, container, resource, ids by NUMA node and the encoded
 * Allocate answer, and {@code Data.RegisteredDevices}. The file is replaced as a whole, so a reader sees the old or the new one.
 */
final class Checkpoint {

    static final String FILE_NAME = "kubelet_internal_checkpoint";

    private final JsonMapper json = JsonMapper.builder().build();
    private final Path file;

    Checkpoint(Path directory) {
        this.file = directory.resolve(FILE_NAME);
    }

    /**
     * The content of a checkpoint.
     *
     * @param assignments devices by container
     * @param registered healthy device ids by resource
     */
    record Content(List<ContainerDevices> assignments, Map<String, List<String>> registered) {

        Content {
            assignments = List.copyOf(assignments);
            registered = Map.copyOf(registered);
        }
    }

    void write(Content content) throws IOException {
        var data = json.createObjectNode();
        var entries = data.putArray("PodDeviceEntries");
        for (var assignment : content.assignments()) {
            var entry = entries.addObject();
            entry.put("PodUID", assignment.podUid());
            entry.put("ContainerName", assignment.container());
            entry.put("ResourceName", assignment.resource());
            var byNode = entry.putObject("DeviceIDs");
            assignment.numaNodes().forEach((id, node) -> byNode.withArray("/" + node)
                    .add(id));
            entry.put(
                    "AllocResp",
                    Base64.getEncoder().encodeToString(assignment.answer().toByteArray()));
        }
        var registered = data.putObject("RegisteredDevices");
        new TreeMap<>(content.registered()).forEach((resource, ids) -> {
            var list = registered.putArray(resource);
            ids.forEach(list::add);
        });
        var whole = json.createObjectNode();
        whole.set("Data", data);
        whole.put("Checksum", checksum(data));
        replace(json.writeValueAsBytes(whole));
    }

    /** Reads the file; empty if there is none. */
    Content read() throws IOException {
        if (!Files.exists(file)) {
            return new Content(List.of(), Map.of());
        }
        var data = json.readTree(Files.readAllBytes(file)).path("Data");
        var assignments = new ArrayList<ContainerDevices>();
        for (var entry : data.path("PodDeviceEntries")) {
            assignments.add(assignment(entry));
        }
        var registered = new TreeMap<String, List<String>>();
        for (var resource : data.path("RegisteredDevices").properties()) {
            registered.put(resource.getKey(), texts(resource.getValue()));
        }
        return new Content(assignments, registered);
    }

    private static ContainerDevices assignment(JsonNode entry) throws InvalidProtocolBufferException {
        var numaNodes = new TreeMap<String, Long>();
        for (var node : entry.path("DeviceIDs").properties()) {
            texts(node.getValue()).forEach(id -> numaNodes.put(id, Long.parseLong(node.getKey())));
        }
        return new ContainerDevices(
                entry.path("PodUID").asText(),
                entry.path("ContainerName").asText(),
                entry.path("ResourceName").asText(),
                numaNodes,
                ContainerAllocateResponse.parseFrom(
                        Base64.getDecoder().decode(entry.path("AllocResp").asText())));
    }

    private static List<String> texts(Iterable<JsonNode> array) {
        var texts = new ArrayList<String>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }

    private static long checksum(JsonNode data) {
        var crc = new CRC32();
        crc.update(data.toString().getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    private void replace(byte[] content) throws IOException {
        var temporary = file.resolveSibling("." + FILE_NAME + ".new");
        Files.write(temporary, content);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns the ids of healthy devices by resource, in the form that {@link Content} requires. */
    static Map<String, List<String>> registered(Collection<PluginEndpoint> endpoints) {
        var registered = new TreeMap<String, List<String>>();
        endpoints.forEach(endpoint -> registered.put(endpoint.resource(), endpoint.healthyIds()));
        return registered;
    }
}
