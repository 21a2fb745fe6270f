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
import java.util.List;

/**
 * Codec of {@link Annotations#NODE_REGISTER}, in the form of HAMi 2.10 ({@code MarshalNodeDevices}): zeros and
 * {@code health: false} are left out. Ours are {@code maxInstances}, {@code blocked} and {@code idle}, which other readers
 * skip as unknown fields.
 */
public final class NodeRegistration {

    private NodeRegistration() {}

    /** The annotation's value; GPUs in the order of their index, so that equal inventories give equal text. */
    public static String encode(List<GpuInventory> gpus) {
        ArrayNode list = JsonFields.JSON.createArrayNode();
        gpus.stream()
                .sorted(Comparator.comparingInt(GpuInventory::index).thenComparing(GpuInventory::uuid))
                .forEach(gpu -> write(list.addObject(), gpu));
        return list.toString();
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

    private static void write(ObjectNode element, ProfileCapability profile) {
        element.put("name", profile.profile().toString());
        element.put("memoryMB", profile.memoryMiB());
        element.put("core", profile.corePercent());
        element.put("sliceCount", profile.sliceCount());
        element.put("maxInstances", profile.maxInstances());
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
     * Reads the annotation's value; an empty one is an empty list.
     *
     * @throws MalformedAnnotationException naming the element and field that is missing or wrong, or a UUID listed twice
     */
    public static List<GpuInventory> decode(String text) throws MalformedAnnotationException {
        if (text.isBlank()) {
            return List.of();
        }
        List<GpuInventory> gpus = new ArrayList<>();
        for (JsonFields element : JsonFields.list(Annotations.NODE_REGISTER, text)) {
            GpuInventory gpu = gpu(element);
            if (gpus.stream().anyMatch(other -> other.uuid().equals(gpu.uuid()))) {
                throw element.malformed("names GPU " + gpu.uuid() + " a second time");
            }
            gpus.add(gpu);
        }
        return List.copyOf(gpus);
    }

    private static GpuInventory gpu(JsonFields element) throws MalformedAnnotationException {
        List<ProfileCapability> profiles = new ArrayList<>();
        for (JsonFields profile : element.optionalList("migProfiles")) {
            profiles.add(profile(profile));
        }
        List<GpuInventory.IdleInstance> idle = new ArrayList<>();
        for (JsonFields instance : element.optionalList("idle")) {
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
                    profiles,
                    element.optionalFlag("health"),
                    placements(element.optionalList("blocked")),
                    idle);
        } catch (IllegalArgumentException e) {
            throw element.malformed("is no GPU: " + e.getMessage());
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

    private static ProfileCapability profile(JsonFields element) throws MalformedAnnotationException {
        MigProfile profile = element.profile("name");
        List<Placement> placements = placements(element.field("placements").elements());
        if (placements.isEmpty()) {
            throw element.malformed("has no placements; at least one is needed");
        }
        int maxInstances =
                element.has("maxInstances") ? element.count("maxInstances") : mostDisjoint(profile, placements);
        try {
            return new ProfileCapability(
                    profile,
                    element.optionalAmount("memoryMB"),
                    element.optionalCount("core"),
                    element.optionalCount("sliceCount"),
                    maxInstances,
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

    /** HAMi does not send the limit: as many as fit side by side, one where media engines are exclusive. */
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
