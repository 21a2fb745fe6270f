package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What is wrong in the environment variables of a container. */
final class EnvironmentErrors {
    private static final Pattern NAME = Pattern.compile("[\\x20-\\x7e&&[^=]]+");
    private static final String NAME_RULE =
            "a valid environment variable name must consist only of printable ASCII characters other than '='";
    private static final List<String> SOURCES =
            List.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef");
    private static final Set<String> FIELDS = Set.of(
            "metadata.name",
            "metadata.namespace",
            "metadata.uid",
            "spec.nodeName",
            "spec.serviceAccountName",
            "status.hostIP",
            "status.hostIPs",
            "status.podIP",
            "status.podIPs");
    private static final Pattern ENTRY = Pattern.compile("metadata\\.(labels|annotations)\\['.+']");

    private EnvironmentErrors() {}

    static void check(String path, ObjectNode container, List<FieldError> errors) {
        int index = 0;
        for (ObjectNode variable : Json.objects(container, "env")) {
            String field = path + "[" + index++ + "]";
            String name = Json.text(variable, "name");
            if (name.isEmpty()) {
                errors.add(FieldError.required(field + ".name", ""));
            } else if (!NAME.matcher(name).matches()) {
                errors.add(FieldError.invalid(field + ".name", name, NAME_RULE));
            }
            if (variable.get("valueFrom") instanceof ObjectNode source) {
                source(
                        field + ".valueFrom",
                        source,
                        !Json.text(variable, "value").isEmpty(),
                        errors);
            }
        }
    }

    private static void source(String path, ObjectNode source, boolean hasValue, List<FieldError> errors) {
        long given = SOURCES.stream().filter(source::has).count();
        if (given == 0) {
            errors.add(
                    FieldError.invalid(
                            path,
                            "",
                            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"));
        } else if (hasValue) {
            errors.add(FieldError.invalid(path, "", "may not be specified when `value` is not empty"));
        } else if (given > 1) {
            errors.add(FieldError.invalid(path, "", "may not have more than one field specified at a time"));
        }
        String referred = Json.text(source, "fieldRef", "fieldPath");
        if (source.has("fieldRef")
                && !FIELDS.contains(referred)
                && !ENTRY.matcher(referred).matches()) {
            errors.add(FieldError.invalid(
                    path + ".fieldRef.fieldPath",
                    referred,
                    "error converting fieldPath: field label not supported: " + referred));
        }
    }
}
