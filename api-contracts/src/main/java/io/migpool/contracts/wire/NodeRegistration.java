package io.migpool.contracts.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node agent's description of its GPUs, in two annotations that are written together:
 * {@link Annotations#NODE_REGISTER} in the format of HAMi 2.10 ({@code MarshalNodeDevices}: zeros and
 * {@code health: false} are omitted), and {@link Annotations#NODE_GPUS} with what that format cannot express: mode and
 * placement units of each GPU, how many instances of a profile there may be, where nothing can be placed, and which
 * instances are idle. The first one alone does not show what is on the GPUs at present.
 */
public final class NodeRegistration {

    private NodeRegistration() {}

    /** Returns both annotations, with GPUs in the order of their index, so that equal inventories give equal text. */
    public static Map<String, String> toAnnotations(List<GpuInventory> gpus) {
        ArrayNode registered = JsonFields.JSON.createArrayNode();
        ArrayNode added = JsonFields.JSON.createArrayNode();
        gpus.stream()
                .sorted(Comparator.comparingInt(GpuInventory::index).thenComparing(GpuInventory::uuid))
                .forEach(gpu -> {
                    write(registered.addObject(), gpu);
                    add(added.addObject(), gpu);
                });
        return Map.of(Annotations.NODE_REGISTER, registered.toString(), Annotations.NODE_GPUS, added.toString());
    }

    private static void add(ObjectNode element, GpuInventory gpu) {
        element.put("id", gpu.uuid());
        element.put("mode", gpu.mode().wireName());
        putNonZero(element, "units", gpu.units());
        if (!gpu.profiles().isEmpty()) {
            ArrayNode profiles = element.putArray("migProfiles");
            gpu.profiles().forEach(profile -> profiles.addObject()
                    .put("name", profile.profile().toString())
                    .put("maxInstances", profile.maxInstances()));
        }
        if (!gpu.blocked().isEmpty()) {
            ArrayNode blocked = element.putArray("blocked");
            gpu.blocked().forEach(placement -> write(blocked.addObject(), placement));
        }
        if (!gpu.idle().isEmpty()) {
            ArrayNode idle = element.putArray("idle");
            gpu.idle()
                    .forEach(instance -> write(
                            idle.addObject().put("profile", instance.profile().toString()), instance.placement()));
        }
    }

    private static void write(ObjectNode element, GpuInventory gpu) {
        element.put("id", gpu.uuid());
        putNonZero(element, "index", gpu.index());
        putNonZero(element, "count", gpu.slots());
        putNonZero(element, "devmem", gpu.memoryMiB());
        putNonZero(element, "devcore", gpu.corePercent());
        element.put("type", gpu.model());
        putNonZero(element, "numa", gpu.numaNode());
        element.put("mode", gpu.mode().wireName());
        if (!gpu.profiles().isEmpty()) {
            ArrayNode profiles = element.putArray("migProfiles");
            gpu.profiles().forEach(profile -> write(profiles.addObject(), profile));
        }
        if (gpu.healthy()) {
            element.put("health", true);
        }
    }

    private static void write(ObjectNode element, ProfileCapability profile) {
        element.put("name", profile.profile().toString());
        element.put("memoryMB", profile.memoryMiB());
        element.put("core", profile.corePercent());
        element.put("sliceCount", profile.sliceCount());
        ArrayNode placements = element.putArray("placements");
        profile.placements().forEach(placement -> write(placements.addObject(), placement));
    }

    private static void write(ObjectNode element, Placement placement) {
        element.put("start", placement.start()).put("size", placement.size());
    }

    private static void putNonZero(ObjectNode element, String name, long value) {
        if (value != 0) {
            element.put(name, value);
        }
    }

    /**
     * Reads both annotations of a node; without a registration there are no GPUs. For a GPU that the second one does
     * not list, what an older agent put into HAMi's annotation counts.
     *
     * @throws MalformedAnnotationException if an element or field is missing or wrong, or a UUID is listed twice; names
     *     it
     */
    public static List<GpuInventory> fromAnnotations(Map<String, String> annotations)
            throws MalformedAnnotationException {
        String text = annotations.getOrDefault(Annotations.NODE_REGISTER, "");
        if (text.isBlank()) {
            return List.of();
        }
        Map<String, JsonFields> added =
                byId(Annotations.NODE_GPUS, annotations.getOrDefault(Annotations.NODE_GPUS, ""));
        List<GpuInventory> gpus = new ArrayList<>();
        // The boards of a node are usually of one kind, and large clusters have thousands of nodes.
        Map<List<ProfileCapability>, List<ProfileCapability>> shared = new HashMap<>();
        for (Map.Entry<String, JsonFields> entry :
                byId(Annotations.NODE_REGISTER, text).entrySet()) {
            gpus.add(gpu(entry.getValue(), added.getOrDefault(entry.getKey(), entry.getValue()), shared));
        }
        return List.copyOf(gpus);
    }

    /**
     * Reads HAMi's annotation alone.
     *
     * @throws MalformedAnnotationException as {@link #fromAnnotations}
     */
    public static List<GpuInventory> decode(String text) throws MalformedAnnotationException {
        return fromAnnotations(Map.of(Annotations.NODE_REGISTER, text));
    }

    private static Map<String, JsonFields> byId(String key, String text) throws MalformedAnnotationException {
        Map<String, JsonFields> elements = new LinkedHashMap<>();
        if (!text.isBlank()) {
            for (JsonFields element : JsonFields.list(key, text)) {
                String uuid = element.string("id");
                if (elements.put(uuid, element) != null) {
                    throw element.malformed("names GPU " + uuid + " a second time");
                }
            }
        }
        return elements;
    }

    private static GpuInventory gpu(
            JsonFields element, JsonFields added, Map<List<ProfileCapability>, List<ProfileCapability>> shared)
            throws MalformedAnnotationException {
        Map<MigProfile, Integer> limits = new HashMap<>();
        for (JsonFields profile : added.optionalList("migProfiles")) {
            if (profile.has("maxInstances")) {
                limits.put(profile.profile("name"), profile.count("maxInstances"));
            }
        }
        List<ProfileCapability> profiles = new ArrayList<>();
        for (JsonFields profile : element.optionalList("migProfiles")) {
            profiles.add(profile(profile, limits));
        }
        List<ProfileCapability> own = List.copyOf(profiles);
        List<GpuInventory.IdleInstance> idle = new ArrayList<>();
        for (JsonFields instance : added.optionalList("idle")) {
            idle.add(new GpuInventory.IdleInstance(instance.profile("profile"), instance.asPlacement()));
        }
        try {
            return new GpuInventory(
                    element.string("id"),
                    element.optionalCount("index"),
                    element.optionalCount("count"),
                    element.optionalAmount("devmem"),
                    element.optionalCount("devcore"),
                    element.string("type"),
                    element.optionalCount("numa"),
                    mode(element),
                    shared.computeIfAbsent(own, profilesOfBoard -> profilesOfBoard),
                    element.optionalFlag("health"),
                    placements(added.optionalList("blocked")),
                    idle);
        } catch (IllegalArgumentException e) {
            throw element.malformed("is not a valid GPU: " + e.getMessage());
        }
    }

    private static GpuMode mode(JsonFields element) throws MalformedAnnotationException {
        if (!element.has("mode")) {
            return GpuMode.HAMI_CORE;
        }
        String name = element.string("mode");
        return GpuMode.byWireName(name)
                .orElseThrow(
                        () -> element.malformed("has mode '" + name + "'; it must be one of " + GpuMode.wireNames()));
    }

    private static ProfileCapability profile(JsonFields element, Map<MigProfile, Integer> limits)
            throws MalformedAnnotationException {
        MigProfile profile = element.profile("name");
        List<Placement> placements = placements(element.field("placements").elements());
        if (placements.isEmpty()) {
            throw element.malformed("has no placements; at least one is needed");
        }
        Integer limit = limits.get(profile);
        try {
            return new ProfileCapability(
                    profile,
                    element.optionalAmount("memoryMB"),
                    element.optionalCount("core"),
                    element.optionalCount("sliceCount"),
                    limit == null ? mostDisjoint(profile, placements) : limit,
                    placements);
        } catch (IllegalArgumentException e) {
            throw element.malformed(String.valueOf(e.getMessage()));
        }
    }

    private static List<Placement> placements(List<JsonFields> elements) throws MalformedAnnotationException {
        List<Placement> placements = new ArrayList<>();
        for (JsonFields element : elements) {
            placements.add(element.asPlacement());
        }
        return placements;
    }

    /**
     * HAMi does not send the limit, so it is computed: as many as fit side by side, or one if media engines are
     * exclusive.
     */
    private static int mostDisjoint(MigProfile profile, List<Placement> placements) {
        if (profile.attributes().stream().anyMatch(attribute -> attribute.startsWith("me"))) {
            return 1;
        }
        int count = 0;
        int end = 0;
        for (Placement placement : placements.stream()
                .sorted(Comparator.comparingInt(Placement::end))
                .toList()) {
            if (placement.start() >= end) {
                count++;
                end = placement.end();
            }
        }
        return count;
    }
}
