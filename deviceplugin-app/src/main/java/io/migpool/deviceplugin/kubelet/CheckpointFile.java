package io.migpool.deviceplugin.kubelet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * kubelet's device manager checkpoint ({@code pkg/kubelet/cm/devicemanager/checkpoint}): the only source that has pod
 * uids and init containers. kubelet writes it before any container of the pod starts.
 */
public final class CheckpointFile implements SlotSource {

    static final String NAME = "kubelet_internal_checkpoint";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path path;
    private final Supplier<String> resourceName;

    /**
     * @param devicePluginDirectory kubelet's directory
     * @param resourceName supplies the count resource at every read
     */
    public CheckpointFile(Path devicePluginDirectory, Supplier<String> resourceName) {
        this.path = devicePluginDirectory.resolve(NAME);
        this.resourceName = resourceName;
    }

    /**
     * What a container was given. The entry remains after the pod has ended, until kubelet's next allocation.
     *
     * @param container name of the container
     * @param deviceIds ids assigned by the plugin
     */
    public record Entry(String podUid, String container, String resource, List<String> deviceIds) {}

    /**
     * Returns all entries, for any resource; empty while kubelet has not written a checkpoint.
     *
     * @throws IOException if the file cannot be read
     */
    public List<Entry> entries() throws IOException {
        JsonNode root;
        try {
            root = JSON.readTree(Files.readString(path));
        } catch (NoSuchFileException notYet) {
            return List.of();
        } catch (JsonProcessingException e) {
            throw new IOException(path + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
        List<Entry> entries = new ArrayList<>();
        for (JsonNode entry : root.path("Data").path("PodDeviceEntries")) {
            entries.add(new Entry(
                    entry.path("PodUID").asText(),
                    entry.path("ContainerName").asText(),
                    entry.path("ResourceName").asText(),
                    deviceIds(entry.path("DeviceIDs"))));
        }
        return entries;
    }

    @Override
    public List<PodSlots> pods() throws IOException {
        Map<String, Map<String, NavigableSet<String>>> pods = new LinkedHashMap<>();
        for (Entry entry : entries()) {
            if (entry.resource().equals(resourceName.get())) {
                pods.computeIfAbsent(entry.podUid(), _ -> new TreeMap<>())
                        .computeIfAbsent(entry.container(), _ -> new TreeSet<>(Slot.ORDER))
                        .addAll(entry.deviceIds());
            }
        }
        List<PodSlots> result = new ArrayList<>();
        pods.forEach((uid, containers) -> result.add(new PodSlots(new PodKey.ByUid(uid), containers)));
        return result;
    }

    /** Reads the ids: a map from NUMA node to ids, or a plain list before kubelet 1.20. */
    private static List<String> deviceIds(JsonNode node) {
        List<String> ids = new ArrayList<>();
        for (JsonNode child : node) {
            if (child.isArray()) {
                child.forEach(id -> ids.add(id.asText()));
            } else {
                ids.add(child.asText());
            }
        }
        return ids;
    }
}
