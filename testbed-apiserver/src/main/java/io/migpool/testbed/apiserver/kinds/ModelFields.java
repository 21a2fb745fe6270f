package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The fields that objects and their parts have, and the types of these, as the models define them. */
public final class ModelFields {
    private static final List<String> MODEL_PACKAGES =
            List.of("io.fabric8.kubernetes.api.model.", "io.fabric8.openshift.api.model.monitoring.");
    /** Types that are written as a scalar. */
    private static final Set<Class<?>> SCALARS = Set.of(Quantity.class, IntOrString.class, MicroTime.class);
    /** The model of kinds whose fields are unknown. */
    private static final Class<?> ANYTHING = GenericKubernetesResource.class;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Map<JavaType, Map<String, JavaType>> known = new ConcurrentHashMap<>();

    JavaType of(ResourceKind kind) {
        return mapper.constructType(kind.model());
    }

    /** Returns whether a type is an object with known fields. */
    static boolean hasKnownFields(JavaType type) {
        Class<?> raw = type.getRawClass();
        return MODEL_PACKAGES.stream().anyMatch(raw.getName()::startsWith)
                && !raw.isInterface()
                && !SCALARS.contains(raw)
                && raw != ANYTHING;
    }

    Map<String, JavaType> of(JavaType type) {
        return known.computeIfAbsent(type, this::fields);
    }

    private Map<String, JavaType> fields(JavaType type) {
        BeanDescription description = mapper.getDeserializationConfig().introspect(type);
        Map<String, JavaType> fields = new HashMap<>();
        for (BeanPropertyDefinition property : description.findProperties()) {
            fields.put(property.getName(), property.getPrimaryType());
        }
        return fields;
    }
}
