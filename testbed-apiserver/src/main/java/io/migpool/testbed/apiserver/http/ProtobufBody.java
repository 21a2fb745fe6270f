package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime.TypeMeta;
import io.kubernetes.client.proto.Runtime.Unknown;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Scheduling;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Request bodies in Kubernetes' protobuf, which {@code kubectl create NOUN} sends from 1.33 on regardless of the
 * server's preferences: four magic bytes, an envelope that names the type, the object.
 *
 * <p>Field names in the schema are the JSON names. Types decide what JSON writes differently: quantities, times,
 * numbers that may be text, embedded JSON, and Go's embedded structs, whose fields JSON shows as those of the outer
 * one.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding">the encoding</a>
 */
final class ProtobufBody {
    private static final byte[] MAGIC = {'k', '8', 's', 0};
    private static final String CORE = "k8s.io.api.core";
    private static final Map<String, Descriptor> TYPES = Stream.of(
                    Meta.getDescriptor(),
                    V1.getDescriptor(),
                    V1Apps.getDescriptor(),
                    V1Authentication.getDescriptor(),
                    V1Authorization.getDescriptor(),
                    V1Batch.getDescriptor(),
                    V1Policy.getDescriptor(),
                    V1Rbac.getDescriptor(),
                    V1Scheduling.getDescriptor())
            .map(FileDescriptor::getMessageTypes)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableMap(Descriptor::getFullName, type -> type));
    private static final Set<String> EMBEDDED_STRUCTS = Set.of(
            "localObjectReference", "volumeSource", "persistentVolumeSource", "handler", "ephemeralContainerCommon");

    private ProtobufBody() {}

    static boolean isProtobuf(byte[] body) {
        return body.length >= MAGIC.length && Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Returns the object as JSON. A type or a field that the schema lacks is refused, because it could not be kept. */
    static ObjectNode decode(byte[] body) {
        try {
            Unknown envelope = Unknown.parseFrom(ByteString.copyFrom(body, MAGIC.length, body.length - MAGIC.length));
            TypeMeta type = envelope.getTypeMeta();
            Descriptor schema =
                    schema(type).orElseThrow(() -> Refusals.protobuf(type.getApiVersion() + " " + type.getKind()));
            ObjectNode object = object(DynamicMessage.parseFrom(schema, envelope.getRaw()));
            return object.put("apiVersion", type.getApiVersion()).put("kind", type.getKind());
        } catch (InvalidProtocolBufferException e) {
            throw ApiException.badRequest("the body is not the protobuf that it begins as: " + e.getMessage());
        }
    }

    private static Optional<Descriptor> schema(TypeMeta type) {
        String[] groupAndVersion = type.getApiVersion().split("/", -1);
        String version = groupAndVersion[groupAndVersion.length - 1];
        String group =
                groupAndVersion.length == 1 ? CORE : "k8s.io.api." + groupAndVersion[0].replaceFirst("\\..*", "");
        String meta = "k8s.io.apimachinery.pkg.apis.meta.v1.";
        return Optional.ofNullable(TYPES.get(group + "." + version + "." + type.getKind()))
                .or(() -> Optional.ofNullable(TYPES.get(meta + type.getKind())));
    }

    private static ObjectNode object(Message message) {
        Descriptor type = message.getDescriptorForType();
        if (!message.getUnknownFields().asMap().isEmpty()) {
            throw Refusals.protobuf(type.getName() + " with a field that is newer than its schema");
        }
        ObjectNode object = Json.object();
        message.getAllFields().forEach((field, value) -> {
            JsonNode json = field.isMapField()
                    ? map((List<?>) value)
                    : field.isRepeated() ? list(field, (List<?>) value) : value(field, value);
            if (EMBEDDED_STRUCTS.contains(field.getName()) && json instanceof ObjectNode embedded) {
                object.setAll(embedded);
            } else if (!isZeroOfGo(json)) {
                object.set(field.getName(), json);
            }
        });
        return object;
    }

    /** Go always writes strings that are not pointers, but JSON omits empty ones. */
    private static boolean isZeroOfGo(JsonNode json) {
        return json.isNull() || (json.isTextual() && json.textValue().isEmpty());
    }

    private static ObjectNode map(List<?> entries) {
        ObjectNode map = Json.object();
        for (Object entry : entries) {
            Message pair = (Message) entry;
            Descriptor type = pair.getDescriptorForType();
            FieldDescriptor value = type.findFieldByName("value");
            map.set(String.valueOf(pair.getField(type.findFieldByName("key"))), value(value, pair.getField(value)));
        }
        return map;
    }

    private static ArrayNode list(FieldDescriptor field, List<?> elements) {
        ArrayNode list = Json.array();
        elements.forEach(element -> list.add(value(field, element)));
        return list;
    }

    private static JsonNode value(FieldDescriptor field, Object value) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        return switch (value) {
            case Message message -> message(message);
            case String text -> json.textNode(text);
            case Boolean flag -> json.booleanNode(flag);
            case Integer number -> json.numberNode(number);
            case Long number -> json.numberNode(number);
            case Double number -> json.numberNode(number);
            case ByteString bytes -> json.textNode(Base64.getEncoder().encodeToString(bytes.toByteArray()));
            default -> throw Refusals.protobuf("the type of " + field.getFullName());
        };
    }

    private static JsonNode message(Message message) {
        return switch (message.getDescriptorForType().getName()) {
            case "Quantity" -> Json.object().textNode(String.valueOf(part(message, "string")));
            case "Time", "MicroTime" -> time(message);
            case "IntOrString" ->
                part(message, "type").equals(0L)
                        ? Json.object().numberNode((Integer) part(message, "intVal"))
                        : Json.object().textNode(String.valueOf(part(message, "strVal")));
            case "RawExtension" -> embeddedJson(part(message, "raw"));
            case "FieldsV1", "Fields" -> Json.object();
            case "ExtraValue" ->
                list(message.getDescriptorForType().findFieldByName("items"), (List<?>) part(message, "items"));
            default -> object(message);
        };
    }

    private static JsonNode time(Message time) {
        if (time.getAllFields().isEmpty()) {
            return Json.object().nullNode();
        }
        Instant instant = Instant.ofEpochSecond((Long) part(time, "seconds"), (Integer) part(time, "nanos"));
        return Json.object().textNode(instant.toString());
    }

    private static JsonNode embeddedJson(Object raw) {
        return Json.parse(((ByteString) raw).toStringUtf8());
    }

    private static Object part(Message message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }
}
