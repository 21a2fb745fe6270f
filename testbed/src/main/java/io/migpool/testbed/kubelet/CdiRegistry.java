package io.migpool.testbed.kubelet;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Resolves CDI device names as containerd does: the directories are read again for every container, JSON and YAML alike,
 * and a file that is not a valid spec is ignored. Of devices with one name, that of the later directory counts; a name that
 * two files of one directory define means no device, whatever the other directory has.
 */
public final class CdiRegistry {

    private static final Logger LOG = System.getLogger(CdiRegistry.class.getName());

    private final JsonMapper json = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private final YAMLMapper yaml = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private final List<Path> directories;

    /** @param directories where files are looked for, those with precedence last; absent ones hold nothing */
    public CdiRegistry(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /** Outcome of a resolution. */
    public sealed interface Resolution {

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

    /**
     * Resolves qualified names, such as {@code vendor/class=device}.
     *
     * @throws IOException if a directory cannot be read
     */
    public Resolution resolve(List<String> names) throws IOException {
        if (names.isEmpty()) {
            return new Resolution.Resolved(CdiEdits.NONE);
        }
        var owners = owners();
        var missing = names.stream().filter(name -> !owners.containsKey(name)).toList();
        if (!missing.isEmpty()) {
            return new Resolution.Unresolvable(missing);
        }
        var all = new ArrayList<JsonNode>();
        Set<Spec> applied = new LinkedHashSet<>();
        for (var name : names) {
            var spec = owners.get(name);
            if (spec != null) {
                if (applied.add(spec)) {
                    all.add(spec.edits());
                }
                var device = spec.devices().get(name);
                if (device != null) {
                    all.add(device);
                }
            }
        }
        return new Resolution.Resolved(merged(all));
    }

    private Map<String, Spec> owners() throws IOException {
        var owners = new TreeMap<String, Spec>();
        var conflicts = new TreeSet<String>();
        for (var directory : directories) {
            var here = new TreeMap<String, Spec>();
            for (var spec : specs(directory)) {
                for (var name : spec.devices().keySet()) {
                    if (here.putIfAbsent(name, spec) != null) {
                        conflicts.add(name);
                    }
                }
            }
            owners.putAll(here);
        }
        owners.keySet().removeAll(conflicts);
        return owners;
    }

    private List<Spec> specs(Path directory) throws IOException {
        var files = new TreeSet<Path>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.{json,yaml}")) {
            found.forEach(files::add);
        } catch (NoSuchFileException _) {
            return List.of();
        }
        var specs = new ArrayList<Spec>();
        for (var file : files) {
            try {
                specs.add(spec(mapper(file).readTree(Files.readAllBytes(file))));
            } catch (NoSuchFileException _) {
                LOG.log(Level.DEBUG, "CDI file {0} vanished while the directory was read", file);
            } catch (JacksonException | IllegalArgumentException invalid) {
                LOG.log(Level.WARNING, "CDI file {0} is left out: {1}", file, invalid.getMessage());
            }
        }
        return specs;
    }

    private ObjectMapper mapper(Path file) {
        return file.toString().endsWith(".json") ? json : yaml;
    }

    private static Spec spec(JsonNode root) {
        CdiRules.check(root);
        var kind = root.path("kind").asText();
        var devices = new TreeMap<String, JsonNode>();
        for (var device : root.path("devices")) {
            var name = device.path("name").asText();
            if (devices.put(kind + "=" + name, device.path("containerEdits")) != null) {
                throw new IllegalArgumentException("devices has %s twice: names must be unique".formatted(name));
            }
        }
        return new Spec(kind, root.path("containerEdits"), devices);
    }

    /** As the CDI library does it: a mount or device node takes the place of an earlier one with its path. */
    private static CdiEdits merged(List<JsonNode> all) {
        var environment = new ArrayList<String>();
        var mounts = new LinkedHashMap<String, ContainerMount>();
        var deviceNodes = new LinkedHashMap<String, DeviceNode>();
        var hooks = new ArrayList<ContainerHook>();
        for (var edits : all) {
            environment.addAll(texts(edits.path("env")));
            for (var mount : edits.path("mounts")) {
                var path = mount.path("containerPath").asText();
                mounts.putLast(
                        path, new ContainerMount(mount.path("hostPath").asText(), path, texts(mount.path("options"))));
            }
            for (var node : edits.path("deviceNodes")) {
                var path = node.path("path").asText();
                deviceNodes.putLast(
                        path,
                        new DeviceNode(
                                path,
                                node.path("hostPath").asText(path),
                                node.path("permissions").asText("rw")));
            }
            for (var hook : edits.path("hooks")) {
                hooks.add(new ContainerHook(
                        hook.path("hookName").asText(), hook.path("path").asText(), texts(hook.path("args"))));
            }
        }
        return new CdiEdits(environment, List.copyOf(mounts.values()), List.copyOf(deviceNodes.values()), hooks);
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
