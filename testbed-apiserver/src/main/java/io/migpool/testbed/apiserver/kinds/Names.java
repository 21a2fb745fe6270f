package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ResourceKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rules for names, labels and annotations. */
public final class Names {
    static final String LABEL_RULE = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
            + " '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used"
            + " for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    static final String SUBDOMAIN_RULE = "a lowercase RFC 1123 subdomain must consist of lower case"
            + " alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g."
            + " 'example.com', regex used for validation is"
            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    static final String QUALIFIED_RULE = "name part must consist of alphanumeric characters, '-', '_' or '.', and must"
            + " start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
            + " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    static final String LABEL_VALUE_RULE = "a valid label must be an empty string or consist of alphanumeric"
            + " characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or"
            + " 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final Pattern LABEL_VALUE = Pattern.compile("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?");
    private static final Pattern QUALIFIED = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Set<String> STANDARD_FINALIZERS = Set.of("kubernetes", "orphan", "foregroundDeletion");
    private static final List<String> OWNER_FIELDS = List.of("apiVersion", "kind", "name", "uid");
    private static final int LONGEST_SUBDOMAIN = 253;
    private static final int LONGEST_LABEL_VALUE = 63;
    private static final int ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

    private Names() {}

    static boolean isLabel(String name) {
        return LABEL.matcher(name).matches();
    }

    static boolean isSubdomain(String name) {
        return name.length() <= LONGEST_SUBDOMAIN && SUBDOMAIN.matcher(name).matches();
    }

    static boolean isQualified(String name) {
        int slash = name.indexOf('/');
        return (slash < 0 || isSubdomain(name.substring(0, slash)))
                && QUALIFIED.matcher(name.substring(slash + 1)).matches();
    }

    private static String qualifiedRule(String wrong) {
        int slash = wrong.indexOf('/');
        return slash < 0 || isSubdomain(wrong.substring(0, slash)) ? QUALIFIED_RULE : "prefix part " + SUBDOMAIN_RULE;
    }

    static boolean isLabelValue(String value) {
        return value.length() <= LONGEST_LABEL_VALUE
                && LABEL_VALUE.matcher(value).matches();
    }

    /** Returns what keeps a name from being a segment of a path; empty if nothing does. */
    static String wrongInPath(String name) {
        if (name.equals(".") || name.equals("..")) {
            return "may not be '" + name + "'";
        }
        return Stream.of("/", "%")
                .filter(name::contains)
                .map(part -> "may not contain '" + part + "'")
                .collect(Collectors.joining(","));
    }

    /** Returns the errors in an object's metadata. */
    public static List<FieldError> validate(ResourceKind kind, ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        String name = Json.text(object, "metadata", "name");
        if (name.isEmpty()) {
            errors.add(FieldError.required("metadata.name", "name or generateName is required"));
        } else {
            name(kind, name, errors);
        }
        Json.strings(object, "metadata", "labels").forEach((key, value) -> {
            if (!isQualified(key)) {
                errors.add(FieldError.invalid("metadata.labels", key, qualifiedRule(key)));
            }
            if (!isLabelValue(value)) {
                errors.add(FieldError.invalid("metadata.labels", value, LABEL_VALUE_RULE));
            }
        });
        int annotationBytes = 0;
        for (var annotation : Json.strings(object, "metadata", "annotations").entrySet()) {
            annotationBytes +=
                    annotation.getKey().length() + annotation.getValue().length();
            String key = annotation.getKey().toLowerCase(Locale.ROOT);
            if (!isQualified(key)) {
                errors.add(FieldError.invalid("metadata.annotations", annotation.getKey(), qualifiedRule(key)));
            }
        }
        if (annotationBytes > ANNOTATIONS_LIMIT_BYTES) {
            errors.add(FieldError.tooLong("metadata.annotations", ANNOTATIONS_LIMIT_BYTES));
        }
        finalizers(object, errors);
        owners(object, errors);
        return errors;
    }

    private static void finalizers(ObjectNode object, List<FieldError> errors) {
        int index = 0;
        for (String finalizer : Json.texts(object, "metadata", "finalizers")) {
            String field = "metadata.finalizers[" + index++ + "]";
            if (!isQualified(finalizer)) {
                errors.add(FieldError.invalid(field, finalizer, QUALIFIED_RULE));
            } else if (!finalizer.contains("/") && !STANDARD_FINALIZERS.contains(finalizer)) {
                errors.add(FieldError.invalid(
                        field, finalizer, "name is neither a standard finalizer name nor is it fully qualified"));
            }
        }
    }

    private static void owners(ObjectNode object, List<FieldError> errors) {
        for (ObjectNode owner : Json.objects(object, "metadata", "ownerReferences")) {
            for (String field : OWNER_FIELDS) {
                if (Json.text(owner, field).isEmpty()) {
                    String word = field.equals("apiVersion") ? "version" : field;
                    errors.add(
                            FieldError.invalid("metadata.ownerReferences." + field, "", word + " must not be empty"));
                }
            }
        }
    }

    private static void name(ResourceKind kind, String name, List<FieldError> errors) {
        if (kind.group().equals("rbac.authorization.k8s.io")) {
            if (name.contains("/") || name.contains("%")) {
                errors.add(FieldError.invalid("metadata.name", name, "may not contain '/' or '%'"));
            }
        } else if (kind.isCore("namespaces") || kind.isCore("services")) {
            if (!isLabel(name)) {
                errors.add(FieldError.invalid("metadata.name", name, LABEL_RULE));
            }
        } else if (!isSubdomain(name)) {
            errors.add(FieldError.invalid("metadata.name", name, SUBDOMAIN_RULE));
        }
    }
}
