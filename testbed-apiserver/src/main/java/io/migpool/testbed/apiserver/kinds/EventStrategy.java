package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Events. Those with an {@code eventTime} are strict; the older ones only have to agree with their object's namespace. */
final class EventStrategy implements KindStrategy {
    private static final int MOST_BYTES = 1024;
    private static final int LONGEST_TEXT = 128;
    private static final Set<String> TYPES = Set.of("Normal", "Warning");
    private static final Set<String> FOR_CLUSTER_OBJECTS = Set.of("default", "kube-system");

    @Override
    public void defaults(ObjectNode object) {
        EventConversion.defaults(object);
    }

    @Override
    public List<FieldError> validate(ObjectNode event) {
        String message = Json.text(event, "message");
        return Json.has(event, "eventTime") && message.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES
                ? List.of(FieldError.invalid("message", message, "can have at most 1024 characters"))
                : List.of();
    }

    @Override
    public List<FieldError> validateCreate(ResourceKind sentKind, ObjectNode event) {
        List<FieldError> errors = new ArrayList<>();
        boolean current = sentKind.group().equals("events.k8s.io");
        boolean timed = Json.has(event, "eventTime");
        namespace(event, timed, errors);
        if (timed) {
            String controller = Json.text(event, "reportingComponent");
            String field = current ? "reportingController" : "reportingComponent";
            if (controller.isEmpty()) {
                errors.add(FieldError.required(field, ""));
            }
            if (!Names.isQualified(controller)) {
                errors.add(FieldError.invalid(field, controller, Names.QUALIFIED_RULE));
            }
            List.of("reportingInstance", "action", "reason").forEach(text -> text(event, text, errors));
        }
        if (current) {
            requireCurrent(event, timed, errors);
        }
        return errors;
    }

    private static void namespace(ObjectNode event, boolean timed, List<FieldError> errors) {
        String own = Json.text(event, "metadata", "namespace");
        String regarding = Json.text(event, "involvedObject", "namespace");
        boolean agree = regarding.isEmpty()
                ? own.equals("default") || (timed && FOR_CLUSTER_OBJECTS.contains(own))
                : timed || regarding.equals(own);
        if (!agree) {
            errors.add(FieldError.invalid("involvedObject.namespace", regarding, "does not match event.namespace"));
        }
    }

    private static void text(ObjectNode event, String field, List<FieldError> errors) {
        String text = Json.text(event, field);
        if (text.isEmpty()) {
            errors.add(FieldError.required(field, ""));
        }
        if (text.length() > LONGEST_TEXT) {
            errors.add(FieldError.invalid(field, "", "can have at most 128 characters"));
        }
    }

    /** What only the present API requires. */
    private static void requireCurrent(ObjectNode event, boolean timed, List<FieldError> errors) {
        if (!timed) {
            errors.add(FieldError.required("eventTime", ""));
        }
        String type = Json.text(event, "type");
        if (!TYPES.contains(type)) {
            errors.add(FieldError.invalid("type", "", "has invalid value: " + type));
        }
        for (String old : List.of("firstTimestamp", "lastTimestamp", "count")) {
            if (Json.has(event, old)) {
                errors.add(FieldError.invalid(old, "", "needs to be unset"));
            }
        }
        if (!event.path("source").isEmpty()) {
            errors.add(FieldError.invalid("source", "", "needs to be unset"));
        }
    }
}
