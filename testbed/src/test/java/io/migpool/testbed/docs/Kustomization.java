package io.migpool.testbed.docs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.testbed.apiserver.patch.StrategicMerge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Renders a directory as {@code kubectl kustomize} does, for the part of kustomize that the manifests use: resources,
 * components, strategic merge patches from files, labels, and images. Refuses everything else, so that nothing is left out unseen.
 */
public final class Kustomization {

    private static final ObjectMapper YAML = new YAMLMapper();
    private static final Set<String> KNOWN =
            Set.of("apiVersion", "kind", "resources", "components", "patches", "labels", "images");

    private final List<ObjectNode> objects;

    private Kustomization(List<ObjectNode> objects) {
        this.objects = objects;
    }

    /** The objects of the kustomization in this directory. */
    public static List<ObjectNode> render(Path directory) {
        Kustomization kustomization = new Kustomization(new ArrayList<>());
        kustomization.apply(directory);
        return List.copyOf(kustomization.objects);
    }

    /** The documents of a YAML text. */
    static List<ObjectNode> documents(String yaml) {
        List<ObjectNode> documents = new ArrayList<>();
        for (String document : yaml.split("(?m)^---\\s*$", -1)) {
            if (!document.isBlank()) {
                documents.add((ObjectNode) parse(document));
            }
        }
        return documents;
    }

    private void apply(Path directory) {
        JsonNode file = parse(Repository.text(directory.resolve("kustomization.yaml")));
        file.fieldNames().forEachRemaining(field -> require(KNOWN.contains(field), directory + " uses " + field));
        for (JsonNode resource : file.path("resources")) {
            Path path = directory.resolve(resource.asText()).normalize();
            objects.addAll(Files.isDirectory(path) ? render(path) : documents(Repository.text(path)));
        }
        for (JsonNode component : file.path("components")) {
            apply(directory.resolve(component.asText()).normalize());
        }
        for (JsonNode patch : file.path("patches")) {
            require(patch.size() == 1 && patch.has("path"), directory + " has a patch that is more than a path");
            documents(Repository.text(directory.resolve(patch.path("path").asText())))
                    .forEach(this::patch);
        }
        file.path("labels").forEach(this::label);
        file.path("images").forEach(this::setImage);
    }

    private void label(JsonNode labels) {
        labels.fieldNames()
                .forEachRemaining(field -> require(
                        field.equals("pairs") || field.equals("includeTemplates"), "labels have a field " + field));
        ObjectNode pairs = (ObjectNode) labels.path("pairs");
        for (ObjectNode object : objects) {
            object.withObject("/metadata/labels").setAll(pairs);
            if (labels.path("includeTemplates").asBoolean()
                    && object.path("spec").has("template")) {
                object.withObject("/spec/template/metadata/labels").setAll(pairs);
            }
        }
    }

    private void patch(ObjectNode patch) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < objects.size(); i++) {
            if (id(objects.get(i)).equals(id(patch))) {
                found.add(i);
            }
        }
        require(found.size() == 1, "a patch meets " + found.size() + " objects: " + id(patch));
        objects.set(found.getFirst(), StrategicMerge.apply(objects.get(found.getFirst()), patch));
    }

    private void setImage(JsonNode image) {
        String name = image.path("name").asText();
        for (ObjectNode object : objects) {
            for (String list : List.of("initContainers", "containers")) {
                for (JsonNode container :
                        object.path("spec").path("template").path("spec").path(list)) {
                    String given = container.path("image").asText();
                    if (given.split("[:@]", 2)[0].equals(name)) {
                        String tag = image.path("newTag").asText();
                        ((ObjectNode) container)
                                .put(
                                        "image",
                                        image.path("newName").asText(name)
                                                + (tag.isEmpty() ? given.substring(name.length()) : ":" + tag));
                    }
                }
            }
        }
    }

    /** What an object is known by. */
    static String id(JsonNode object) {
        return String.join(
                " ",
                object.path("apiVersion").asText(),
                object.path("kind").asText(),
                object.path("metadata").path("namespace").asText("-"),
                object.path("metadata").path("name").asText());
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    private static JsonNode parse(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("not YAML: " + yaml, new IOException(e));
        }
    }
}
