package io.migpool.testbed.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What makes a file a CDI specification: as strict as the runtime's library, which knows no fields beyond its own. */
final class CdiRules {

    /** Of the library in containerd 2.1, oldest first. */
    private static final List<String> VERSIONS =
            List.of("0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0");

    private static final Pattern KIND_PART = Pattern.compile("[a-zA-Z]([a-zA-Z0-9._-]*[a-zA-Z0-9])?");
    private static final Pattern DEVICE = Pattern.compile("[a-zA-Z0-9]([a-zA-Z0-9_.:-]*[a-zA-Z0-9])?");
    private static final Pattern PERMISSIONS = Pattern.compile("[rwm]*");
    private static final Set<String> NODE_TYPES = Set.of("", "b", "c", "u", "p");
    private static final Set<String> HOOKS =
            Set.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    private final int version;

    private CdiRules(int version) {
        this.version = version;
    }

    /**
     * Checks a whole specification.
     *
     * @throws IllegalArgumentException if it is none; names the field and what is expected
     */
    static void check(JsonNode root) {
        only(root, "the specification", Set.of("cdiVersion", "kind", "annotations", "devices", "containerEdits"));
        var version = root.path("cdiVersion").asText();
        require(VERSIONS.contains(version), "cdiVersion is \"%s\": must be one of %s".formatted(version, VERSIONS));
        var rules = new CdiRules(VERSIONS.indexOf(version));
        rules.kind(root.path("kind").asText());
        rules.since("0.6.0", !root.path("annotations").isEmpty(), "annotations");
        rules.edits(root.path("containerEdits"));
        root.path("devices").forEach(rules::device);
    }

    private void kind(String kind) {
        var parts = kind.split("/", -1);
        require(
                parts.length == 2
                        && KIND_PART.matcher(parts[0]).matches()
                        && KIND_PART.matcher(parts[1]).matches(),
                "kind is \"%s\": must be vendor/class".formatted(kind));
        since("0.6.0", parts[1].contains("."), "a dot in the class");
    }

    private void device(JsonNode device) {
        only(device, "a device", Set.of("name", "annotations", "containerEdits"));
        var name = device.path("name").asText();
        require(
                DEVICE.matcher(name).matches(),
                "device name \"%s\": must be alphanumeric at both ends".formatted(name));
        since("0.5.0", Character.isDigit(name.charAt(0)), "a device name that starts with a digit");
        since("0.6.0", !device.path("annotations").isEmpty(), "annotations");
        var edits = device.path("containerEdits");
        require(
                edits.properties().stream().anyMatch(edit -> !edit.getValue().isEmpty()),
                "device %s has no edits".formatted(name));
        edits(edits);
    }

    private void edits(JsonNode edits) {
        only(edits, "containerEdits", Set.of("env", "deviceNodes", "hooks", "mounts", "intelRdt", "additionalGids"));
        since("0.7.0", edits.has("intelRdt") || !edits.path("additionalGids").isEmpty(), "intelRdt or additionalGids");
        environment(edits);
        for (var node : edits.path("deviceNodes")) {
            only(
                    node,
                    "a device node",
                    Set.of("path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"));
            present(node, "path");
            require(NODE_TYPES.contains(node.path("type").asText()), "type of a device node: must be b, c, u or p");
            require(
                    PERMISSIONS.matcher(node.path("permissions").asText()).matches(),
                    "permissions of a device node: must be of r, w and m");
            since("0.5.0", node.has("hostPath"), "the hostPath of a device node");
        }
        for (var mount : edits.path("mounts")) {
            only(mount, "a mount", Set.of("hostPath", "containerPath", "options", "type"));
            present(mount, "hostPath");
            present(mount, "containerPath");
            since("0.4.0", mount.has("type"), "the type of a mount");
        }
        for (var hook : edits.path("hooks")) {
            only(hook, "a hook", Set.of("hookName", "path", "args", "env", "timeout"));
            require(HOOKS.contains(hook.path("hookName").asText()), "hookName: must be one of " + HOOKS);
            present(hook, "path");
            environment(hook);
        }
    }

    private static void environment(JsonNode holder) {
        for (var variable : holder.path("env")) {
            require(
                    variable.asText().indexOf('=') > 0,
                    "env is \"%s\": must be NAME=value".formatted(variable.asText()));
        }
    }

    private void since(String needed, boolean used, String what) {
        require(
                !used || version >= VERSIONS.indexOf(needed),
                "cdiVersion is %s: %s needs at least %s".formatted(VERSIONS.get(version), what, needed));
    }

    private static void only(JsonNode node, String what, Set<String> fields) {
        node.properties()
                .forEach(field -> require(
                        fields.contains(field.getKey()),
                        "%s has the unknown field %s".formatted(what, field.getKey())));
    }

    private static void present(JsonNode node, String field) {
        require(!node.path(field).asText().isEmpty(), field + " is missing: must be a text");
    }

    private static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(expected);
        }
    }
}
