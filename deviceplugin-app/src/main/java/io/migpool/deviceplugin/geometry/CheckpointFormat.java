package io.migpool.deviceplugin.geometry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link LayoutSnapshot} as JSON: {@code {"version":"v1","gpus":[{"uuid":"GPU-…","mig-enabled":true,"instances":[{"profile":
 * "3g.40gb","start":0,"size":4,"usable":true}]}]}}, places in memory units of the GPU. An instance that is divided also
 * has its {@code "parts":[2,1]}, in compute slices.
 */
public final class CheckpointFormat {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final String VERSION = "version";
    private static final String V1 = "v1";
    private static final String GPUS = "gpus";
    private static final String UUID = "uuid";
    private static final String ENABLED = "mig-enabled";
    private static final String INSTANCES = "instances";
    private static final String PROFILE = "profile";
    private static final String START = "start";
    private static final String SIZE = "size";
    private static final String USABLE = "usable";
    private static final String PARTS = "parts";

    private CheckpointFormat() {}

    /** Returns the indented JSON. */
    public static String write(LayoutSnapshot snapshot) {
        ObjectNode root = JSON.createObjectNode().put(VERSION, V1);
        var gpus = root.putArray(GPUS);
        for (LayoutSnapshot.Gpu gpu : snapshot.gpus()) {
            ObjectNode node = gpus.addObject().put(UUID, gpu.uuid()).put(ENABLED, gpu.migEnabled());
            var instances = node.putArray(INSTANCES);
            gpu.instances().forEach(laid -> write(laid, instances.addObject()));
        }
        return root.toPrettyString() + "\n";
    }

    private static void write(LaidInstance laid, ObjectNode node) {
        node.put(PROFILE, laid.profile().toString())
                .put(START, laid.placement().start())
                .put(SIZE, laid.placement().size())
                .put(USABLE, laid.usable());
        if (laid.isInParts()) {
            laid.computeSlices().forEach(node.putArray(PARTS)::add);
        }
    }

    /**
     * Reads a snapshot.
     *
     * @throws MigSpecException if the text is malformed; names the place and what would be right
     */
    public static LayoutSnapshot read(String text) throws MigSpecException {
        try {
            JsonNode root = JSON.readTree(text);
            if (!root.path(VERSION).asText().equals(V1)) {
                throw new MigSpecException(
                        "'version' is %s; this build reads checkpoints of version v1".formatted(root.path(VERSION)));
            }
            List<LayoutSnapshot.Gpu> gpus = new ArrayList<>();
            for (JsonNode gpu : elements(root, GPUS, GPUS)) {
                gpus.add(gpu(gpu, GPUS + "[" + gpus.size() + "]"));
            }
            return new LayoutSnapshot(gpus);
        } catch (JsonProcessingException e) {
            throw new MigSpecException("it is not JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            throw new MigSpecException(String.valueOf(e.getMessage()));
        }
    }

    private static LayoutSnapshot.Gpu gpu(JsonNode node, String path) throws MigSpecException {
        List<LaidInstance> instances = new ArrayList<>();
        for (JsonNode instance : elements(node, INSTANCES, path + "." + INSTANCES)) {
            String at = path + "." + INSTANCES + "[" + instances.size() + "]";
            MigProfile profile = MigProfile.parse(text(instance, PROFILE, at));
            Placement place = new Placement(number(instance, START, at), number(instance, SIZE, at));
            instances.add(new LaidInstance(profile, place, computeSlices(instance, profile, at)));
        }
        return new LayoutSnapshot.Gpu(text(node, UUID, path), truth(node, ENABLED, path), instances);
    }

    private static List<Integer> computeSlices(JsonNode node, MigProfile profile, String path) throws MigSpecException {
        boolean usable = truth(node, USABLE, path);
        if (!node.has(PARTS)) {
            return usable ? List.of(profile.gpuSlices()) : List.of();
        }
        List<Integer> parts = new ArrayList<>();
        for (JsonNode part : elements(node, PARTS, path + "." + PARTS)) {
            parts.add(part.isInt() ? part.asInt() : 0);
        }
        boolean fit = parts.stream().allMatch(part -> part > 0 && part <= profile.gpuSlices())
                && parts.stream().mapToInt(Integer::intValue).sum() <= profile.gpuSlices();
        if (usable && fit && !parts.isEmpty()) {
            return parts;
        }
        throw new MigSpecException(
                "%s.%s is %s, with 'usable' %s; it must be the sizes of compute instances, together at most the %d slices of %s, and 'usable' true"
                        .formatted(path, PARTS, node.get(PARTS), usable, profile.gpuSlices(), profile));
    }

    private static JsonNode elements(JsonNode node, String key, String path) throws MigSpecException {
        JsonNode value = node.path(key);
        if (value.isArray()) {
            return value;
        }
        throw new MigSpecException("%s is %s; it must be a list".formatted(path, shown(value)));
    }

    private static String text(JsonNode node, String key, String path) throws MigSpecException {
        JsonNode value = node.path(key);
        if (value.isTextual()) {
            return value.asText();
        }
        throw new MigSpecException("%s.%s is %s; it must be a string".formatted(path, key, shown(value)));
    }

    private static int number(JsonNode node, String key, String path) throws MigSpecException {
        JsonNode value = node.path(key);
        if (value.isInt()) {
            return value.asInt();
        }
        throw new MigSpecException("%s.%s is %s; it must be a whole number".formatted(path, key, shown(value)));
    }

    private static boolean truth(JsonNode node, String key, String path) throws MigSpecException {
        JsonNode value = node.path(key);
        if (value.isBoolean()) {
            return value.asBoolean();
        }
        throw new MigSpecException("%s.%s is %s; it must be true or false".formatted(path, key, shown(value)));
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "missing" : value.toString();
    }
}
