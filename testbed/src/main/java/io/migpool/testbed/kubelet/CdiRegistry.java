package io.migpool.testbed.kubelet;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Resolves CDI device names as containerd does: the directory is read again for every container, a file that is not a
 * valid spec is ignored, and a device that two files define does not exist.
 */
final class CdiRegistry {

    private static final Logger LOG = System.getLogger(CdiRegistry.class.getName());

    private final JsonMapper json = JsonMapper.builder().build();
    private final Path directory;

    CdiRegistry(Path directory) {
        this.directory = directory;
    }

    /** Outcome of a resolution. */
    sealed interface Resolution {

        /** All devices exist. */
        record Resolved(CdiEdits edits) implements Resolution {}

        /** These names do not refer to a device. */
        record Unresolvable(List<String> names) implements Resolution {

            /** Copies the names. */
            public Unresolvable {
                names = List.copyOf(names);
            }
        }
    }

    private record Spec(String kind, JsonNode edits, Map<String, JsonNode> devices) {}

    Resolution resolve(List<String> names) throws IOException {
        if (names.isEmpty()) {
            return new Resolution.Resolved(new CdiEdits(List.of(), List.of(), List.of()));
        }
        var owners = owners();
        var missing = names.stream().filter(name -> !owners.containsKey(name)).toList();
        if (!missing.isEmpty()) {
            return new Resolution.Unresolvable(missing);
        }
        var environment = new ArrayList<String>();
        var mounts = new ArrayList<ContainerMount>();
        var deviceNodes = new ArrayList<DeviceNode>();
        Set<Spec> applied = new LinkedHashSet<>();
        for (var name : names) {
            var spec = owners.get(name);
            if (spec != null) {
                if (applied.add(spec)) {
                    collect(spec.edits(), environment, mounts, deviceNodes);
                }
                var device = spec.devices().get(name);
                if (device != null) {
                    collect(device, environment, mounts, deviceNodes);
                }
            }
        }
        return new Resolution.Resolved(new CdiEdits(environment, mounts, deviceNodes));
    }

    private Map<String, Spec> owners() throws IOException {
        var owners = new TreeMap<String, Spec>();
        var conflicts = new TreeSet<String>();
        for (var spec : specs()) {
            for (var name : spec.devices().keySet()) {
                if (owners.putIfAbsent(name, spec) != null) {
                    conflicts.add(name);
                }
            }
        }
        owners.keySet().removeAll(conflicts);
        return owners;
    }

    private List<Spec> specs() throws IOException {
        var files = new TreeSet<Path>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.json")) {
            found.forEach(files::add);
        } catch (NoSuchFileException _) {
            return List.of();
        }
        var specs = new ArrayList<Spec>();
        for (var file : files) {
            try {
                specs.add(spec(json.readTree(Files.readAllBytes(file))));
            } catch (NoSuchFileException _) {
                LOG.log(Level.DEBUG, "CDI file {0} vanished while the directory was read", file);
            } catch (JacksonException | IllegalArgumentException invalid) {
                LOG.log(Level.WARNING, "CDI file {0} is left out: {1}", file, invalid.getMessage());
            }
        }
        return specs;
    }

    private static Spec spec(JsonNode root) {
        var kind = required(root, "kind");
        required(root, "cdiVersion");
        if (!kind.matches("[a-zA-Z0-9._-]+/[a-zA-Z0-9._-]+")) {
            throw new IllegalArgumentException("kind is \"%s\": must be vendor/class".formatted(kind));
        }
        var devices = new TreeMap<String, JsonNode>();
        for (var device : root.path("devices")) {
            var name = required(device, "name");
            for (var variable : device.path("containerEdits").path("env")) {
                if (variable.asText().indexOf('=') < 1) {
                    throw new IllegalArgumentException(
                            "env of device %s is \"%s\": must be NAME=value".formatted(name, variable.asText()));
                }
            }
            if (devices.put(kind + "=" + name, device.path("containerEdits")) != null) {
                throw new IllegalArgumentException("devices has %s twice: names must be unique".formatted(name));
            }
        }
        return new Spec(kind, root.path("containerEdits"), devices);
    }

    private static String required(JsonNode node, String field) {
        var value = node.path(field).asText("");
        if (value.isEmpty()) {
            throw new IllegalArgumentException(field + " is missing: must be a text");
        }
        return value;
    }

    private static void collect(
            JsonNode edits, List<String> environment, List<ContainerMount> mounts, List<DeviceNode> deviceNodes) {
        edits.path("env").forEach(variable -> environment.add(variable.asText()));
        for (var mount : edits.path("mounts")) {
            var options = new ArrayList<String>();
            mount.path("options").forEach(option -> options.add(option.asText()));
            mounts.add(new ContainerMount(
                    mount.path("hostPath").asText(), mount.path("containerPath").asText(), options));
        }
        for (var node : edits.path("deviceNodes")) {
            var path = node.path("path").asText();
            deviceNodes.add(new DeviceNode(
                    path,
                    node.path("hostPath").asText(path),
                    node.path("permissions").asText("rw")));
        }
    }
}
