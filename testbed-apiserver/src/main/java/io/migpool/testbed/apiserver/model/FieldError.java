package io.migpool.testbed.apiserver.model;

/**
 * One thing that is wrong with an object, in the words of Kubernetes' field errors.
 *
 * @param reason machine-readable cause, such as {@code FieldValueInvalid}
 * @param field path of the field, such as {@code spec.containers[0].image}
 * @param detail text after the path
 */
public record FieldError(String reason, String field, String detail) {
    /** A field that must be there; the detail may be empty. */
    public static FieldError required(String field, String detail) {
        return new FieldError(
                "FieldValueRequired", field, detail.isEmpty() ? "Required value" : "Required value: " + detail);
    }

    /** A value that is not allowed, and why. */
    public static FieldError invalid(String field, Object value, String detail) {
        String shown = value instanceof String text ? '"' + text + '"' : String.valueOf(value);
        return new FieldError("FieldValueInvalid", field, "Invalid value: " + shown + ": " + detail);
    }

    /** A field that may not be set or changed, and why. */
    public static FieldError forbidden(String field, String detail) {
        return new FieldError("FieldValueForbidden", field, "Forbidden: " + detail);
    }

    /** A value that another element of the list has already. */
    public static FieldError duplicate(String field, String value) {
        return new FieldError("FieldValueDuplicate", field, "Duplicate value: \"" + value + '"');
    }

    /** A value that names something that does not exist. */
    public static FieldError notFound(String field, String value) {
        return new FieldError("FieldValueNotFound", field, "Not found: \"" + value + '"');
    }

    /** A value that is none of the supported ones, which are listed as Kubernetes lists them. */
    public static FieldError unsupported(String field, String value, String supported) {
        return new FieldError(
                "FieldValueNotSupported",
                field,
                "Unsupported value: \"" + value + "\": supported values: " + supported);
    }

    String message() {
        return field + ": " + detail;
    }
}
