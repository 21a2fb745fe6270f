package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds and drops fields that a type does not have: the server keeps only known fields. */
public final class UnknownFields {
    private static final List<String> MODEL_PACKAGES =
            List.of("io.fabric8.kubernetes.api.model.", "io.fabric8.openshift.api.model.monitoring.");
    /** Types that are written as a scalar. */
    private static final Set<Class<?>> SCALARS = Set.of(Quantity.class, IntOrString.class, MicroTime.class);
    /** The model of kinds whose fields are unknown. */
    private static final Class<?> ANYTHING = GenericKubernetesResource.class;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Map<JavaType, Map<String, JavaType>> known = new ConcurrentHashMap<>();

    /** Drops unknown fields and returns their paths, such as {@code spec.colour}. */
    public List<String> drop(ResourceKind kind, ObjectNode object) {
        List<String> dropped = new ArrayList<>();
        visit(object, mapper.constructType(kind.model()), "", dropped);
        return dropped;
    }

    private void visit(JsonNode node, @Nullable JavaType type, String path, List<String> dropped) {
        if (type == null || node.isValueNode()) {
            return;
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                visit(array.get(i), type.getContentType(), path + "[" + i + "]", dropped);
            }
        } else if (node instanceof ObjectNode object && type.isMapLikeType()) {
            object.properties()
                    .forEach(field ->
                            visit(field.getValue(), type.getContentType(), path(path, field.getKey()), dropped));
        } else if (node instanceof ObjectNode object && isModel(type)) {
            Map<String, JavaType> fields = known.computeIfAbsent(type, this::fields);
            object.properties().removeIf(field -> {
                boolean unknown = !fields.containsKey(field.getKey());
                if (unknown) {
                    dropped.add(path(path, field.getKey()));
                } else {
                    visit(field.getValue(), fields.get(field.getKey()), path(path, field.getKey()), dropped);
                }
                return unknown;
            });
        }
    }

    private static boolean isModel(JavaType type) {
        Class<?> raw = type.getRawClass();
        return MODEL_PACKAGES.stream().anyMatch(raw.getName()::startsWith)
                && !raw.isInterface()
                && !SCALARS.contains(raw)
                && raw != ANYTHING;
    }

    private Map<String, JavaType> fields(JavaType type) {
        BeanDescription description = mapper.getDeserializationConfig().introspect(type);
        Map<String, JavaType> fields = new HashMap<>();
        for (BeanPropertyDefinition property : description.findProperties()) {
            fields.put(property.getName(), property.getPrimaryType());
        }
        return fields;
    }

    private static String path(String parent, String field) {
        return parent.isEmpty() ? field : parent + "." + field;
    }
}
