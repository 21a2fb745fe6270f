package io.migpool.testbed.apiserver.cel;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The types that Kubernetes gives to what expressions see (k8s.io/apiserver, pkg/admission/plugin/cel/compile.go).
 * Objects have none, because a policy may match objects of any kind.
 */
final class AdmissionTypes implements CelTypeProvider {
    private static final CelType TEXTS = ListType.create(SimpleType.STRING);
    private static final CelType LABELS = MapType.create(SimpleType.STRING, SimpleType.STRING);
    private static final StructType KIND = struct("GroupVersionKind", texts("group", "version", "kind"));
    private static final StructType RESOURCE = struct("GroupVersionResource", texts("group", "version", "resource"));
    private static final StructType USER = struct(
            "UserInfo",
            texts("username", "uid"),
            Map.of("groups", TEXTS, "extra", MapType.create(SimpleType.STRING, TEXTS)));
    private static final StructType NAMESPACE_METADATA = struct(
            "NamespaceMetadata",
            texts("name", "generateName", "namespace", "UID", "resourceVersion"),
            Map.of("labels", LABELS, "annotations", LABELS, "finalizers", TEXTS),
            Map.of("creationTimestamp", SimpleType.TIMESTAMP, "deletionTimestamp", SimpleType.TIMESTAMP),
            Map.of("deletionGracePeriodSeconds", SimpleType.INT, "generation", SimpleType.INT));
    private static final StructType NAMESPACE_SPEC = struct("NamespaceSpec", Map.of("finalizers", TEXTS));
    private static final StructType NAMESPACE_CONDITION = struct(
            "NamespaceCondition",
            texts("status", "type", "message", "reason"),
            Map.of("lastTransitionTime", SimpleType.TIMESTAMP));
    private static final StructType NAMESPACE_STATUS =
            struct("NamespaceStatus", texts("phase"), Map.of("conditions", ListType.create(NAMESPACE_CONDITION)));

    static final StructType REQUEST = struct(
            "AdmissionRequest",
            Map.of("kind", KIND, "requestKind", KIND, "resource", RESOURCE, "requestResource", RESOURCE),
            texts("subResource", "requestSubResource", "name", "namespace", "operation"),
            Map.of("userInfo", USER, "dryRun", SimpleType.BOOL, "options", SimpleType.DYN));
    static final StructType NAMESPACE = struct(
            "Namespace", Map.of("metadata", NAMESPACE_METADATA, "spec", NAMESPACE_SPEC, "status", NAMESPACE_STATUS));

    private final ImmutableList<CelType> types;

    AdmissionTypes(StructType variables) {
        types = ImmutableList.of(
                KIND,
                RESOURCE,
                USER,
                REQUEST,
                NAMESPACE_METADATA,
                NAMESPACE_SPEC,
                NAMESPACE_CONDITION,
                NAMESPACE_STATUS,
                NAMESPACE,
                variables);
    }

    /** Returns the type of a policy's {@code variables}. */
    static StructType variables(Map<String, CelType> declared) {
        return struct("variables", declared);
    }

    /** Returns as what a variable is known whose expression yields such a type (composition.go). */
    static CelType ofVariable(CelType type) {
        return switch (type) {
            case SimpleType simple -> simple;
            case ListType list -> ListType.create(ofVariable(list.elemType()));
            case MapType map -> MapType.create(ofVariable(map.keyType()), ofVariable(map.valueType()));
            default -> SimpleType.DYN;
        };
    }

    @Override
    public ImmutableList<CelType> types() {
        return types;
    }

    @Override
    public Optional<CelType> findType(String name) {
        return types.stream().filter(type -> type.name().equals(name)).findFirst();
    }

    private static Map<String, CelType> texts(String... names) {
        return Stream.of(names).collect(Collectors.toMap(name -> name, name -> SimpleType.STRING));
    }

    @SafeVarargs
    private static StructType struct(String name, Map<String, ? extends CelType>... parts) {
        ImmutableMap.Builder<String, CelType> builder = ImmutableMap.builder();
        List.of(parts).forEach(builder::putAll);
        ImmutableMap<String, CelType> fields = builder.buildOrThrow();
        return StructType.create(
                "kubernetes." + name, fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
    }
}
