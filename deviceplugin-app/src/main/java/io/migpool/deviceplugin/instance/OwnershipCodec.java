package io.migpool.deviceplugin.instance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * JSON form of the {@link Ownership}: {@code {"version":1,"sha256":"…","body":{…}}}, the checksum over the text of the
 * body. A file that does not match its checksum counts as missing, so reading is all or nothing.
 */
final class OwnershipCodec {

    private static final int VERSION = 1;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private OwnershipCodec() {}

    static String encode(Ownership ownership) {
        ObjectNode body = JSON.createObjectNode().put("bootId", ownership.bootId());
        var instances = body.putArray("instances");
        ownership.instances().forEach(instance -> write(instances.addObject(), instance));
        var claims = body.putArray("claims");
        ownership.claims().forEach(claim -> write(claims.addObject(), claim));
        var leaving = body.putArray("leaving");
        for (LeavingClaim pod : ownership.leaving()) {
            ObjectNode element = leaving.addObject();
            write(element, pod.claim());
            element.put("ended", pod.ended().toString());
        }
        // The checksum needs the body's text too, which is the most work: starting containers wait for it.
        String text = body.toString();
        return "{\"version\":" + VERSION + ",\"sha256\":\"" + checksum(text) + "\",\"body\":" + text + "}";
    }

    /**
     * Reads the file's text.
     *
     * @throws CorruptOwnershipException if it is torn, edited or of another version
     */
    static Ownership decode(String text) throws CorruptOwnershipException {
        try {
            JsonNode root = JSON.readTree(text);
            if (root.path("version").asInt() != VERSION) {
                throw new CorruptOwnershipException("version is " + root.path("version") + ", expected " + VERSION);
            }
            JsonNode body = root.path("body");
            if (!checksum(body.toString()).equals(root.path("sha256").asText())) {
                throw new CorruptOwnershipException("the checksum does not match");
            }
            List<MigInstance> instances = new ArrayList<>();
            body.required("instances").forEach(node -> instances.add(instance(node)));
            List<PodClaim> claims = new ArrayList<>();
            body.required("claims").forEach(node -> claims.add(claim(node)));
            List<LeavingClaim> leaving = new ArrayList<>();
            // Releases before this list left it out.
            body.path("leaving")
                    .forEach(node -> leaving.add(new LeavingClaim(
                            claim(node), Instant.parse(node.required("ended").asText()))));
            return new Ownership(body.required("bootId").asText(), instances, claims, leaving);
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
            throw new CorruptOwnershipException("it cannot be read: " + e.getMessage());
        }
    }

    private static String checksum(String body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void write(ObjectNode node, MigInstance instance) {
        write(node, instance.slice());
        node.put("state", instance.state().name());
        instance.pod().ifPresent(uid -> node.put("pod", uid));
        node.put("since", instance.since().toString());
        if (instance.distrusted()) {
            node.put("distrusted", true);
        }
        switch (instance.driverState()) {
            case DriverState.Nothing _ -> {}
            case DriverState.GpuInstanceOnly only -> node.put("gpuInstanceId", only.gpuInstanceId());
            case DriverState.Whole(MigRuntime runtime) ->
                node.put("gpuInstanceId", runtime.gpuInstanceId())
                        .put("computeInstanceId", runtime.computeInstanceId())
                        .put("migUuid", runtime.migUuid());
        }
    }

    private static void write(ObjectNode node, Slice slice) {
        node.put("gpu", slice.gpuUuid())
                .put("profile", slice.profile().toString())
                .put("start", slice.placement().start())
                .put("size", slice.placement().size());
    }

    private static void write(ObjectNode node, PodClaim claim) {
        node.put("uid", claim.uid())
                .put("namespace", claim.namespace())
                .put("name", claim.name())
                .put("graceSeconds", claim.grace().toSeconds());
        var containers = node.putArray("containers");
        for (ContainerClaim container : claim.containers()) {
            ObjectNode element = containers
                    .addObject()
                    .put("name", container.name())
                    .put("index", container.index())
                    .put("init", container.init())
                    .put("intercepted", container.intercepted())
                    .put("priority", container.priority());
            var devices = element.putArray("devices");
            for (ClaimedDevice device : container.devices()) {
                switch (device) {
                    case ClaimedDevice.Mig mig -> write(devices.addObject(), mig.slice());
                    case ClaimedDevice.Shared shared ->
                        devices.addObject()
                                .put("gpu", shared.gpuUuid())
                                .put("memoryMiB", shared.memoryMiB())
                                .put("cores", shared.cores());
                }
            }
        }
    }

    private static MigInstance instance(JsonNode node) {
        return new MigInstance(
                slice(node),
                InstanceState.valueOf(node.required("state").asText()),
                driverState(node),
                node.hasNonNull("pod") ? node.get("pod").asText() : null,
                Instant.parse(node.required("since").asText()),
                node.path("distrusted").asBoolean());
    }

    private static DriverState driverState(JsonNode node) {
        if (node.hasNonNull("migUuid")) {
            return new DriverState.Whole(new MigRuntime(
                    node.get("migUuid").asText(),
                    node.required("gpuInstanceId").asInt(),
                    node.required("computeInstanceId").asInt()));
        }
        return node.hasNonNull("gpuInstanceId")
                ? new DriverState.GpuInstanceOnly(node.get("gpuInstanceId").asInt())
                : new DriverState.Nothing();
    }

    private static Slice slice(JsonNode node) {
        return new Slice(
                node.required("gpu").asText(),
                MigProfile.parse(node.required("profile").asText()),
                new Placement(
                        node.required("start").asInt(), node.required("size").asInt()));
    }

    private static PodClaim claim(JsonNode node) {
        List<ContainerClaim> containers = new ArrayList<>();
        for (JsonNode container : node.required("containers")) {
            List<ClaimedDevice> devices = new ArrayList<>();
            container.required("devices").forEach(device -> devices.add(device(device)));
            containers.add(new ContainerClaim(
                    container.required("name").asText(),
                    container.required("index").asInt(),
                    container.required("init").asBoolean(),
                    container.required("intercepted").asBoolean(),
                    container.path("priority").asInt(ContainerClaim.USUAL_PRIORITY),
                    devices));
        }
        return new PodClaim(
                node.required("uid").asText(),
                node.required("namespace").asText(),
                node.required("name").asText(),
                Duration.ofSeconds(node.path("graceSeconds").asLong(PodClaim.USUAL_GRACE.toSeconds())),
                containers);
    }

    private static ClaimedDevice device(JsonNode node) {
        return node.has("profile")
                ? new ClaimedDevice.Mig(slice(node))
                : new ClaimedDevice.Shared(
                        node.required("gpu").asText(),
                        node.required("memoryMiB").asLong(),
                        node.required("cores").asInt());
    }
}
