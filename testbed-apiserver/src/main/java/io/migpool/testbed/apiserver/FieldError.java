package io.migpool.testbed.apiserver;

/**
 * One thing that is wrong with an object, in the words of Kubernetes' field errors.
 *
 * @param reason machine-readable cause, such as {@code FieldValueInvalid}
 * @param field path of the field, such as {@code spec.containers[0].image}
 * @param detail text after the path
 */
record FieldError(String reason, String field, String detail) {
    static FieldError required(String field, String detail) {
        return new FieldError(
                "FieldValueRequired", field, detail.isEmpty() ? "Required value" : "Required value: " + detail);
    }

    static FieldError invalid(String field, Object value, String detail) {
        String shown = value instanceof String text ? '"' + text + '"' : String.valueOf(value);
        return new FieldError("FieldValueInvalid", field, "Invalid value: " + shown + ": " + detail);
    }

    static FieldError forbidden(String field, String detail) {
        return new FieldError("FieldValueForbidden", field, "Forbidden: " + detail);
    }

    static FieldError duplicate(String field, String value) {
        return new FieldError("FieldValueDuplicate", field, "Duplicate value: \"" + value + '"');
    }

    static FieldError notFound(String field, String value) {
        return new FieldError("FieldValueNotFound", field, "Not found: \"" + value + '"');
    }

    static FieldError unsupported(String field, String value, String supported) {
        return new FieldError(
                "FieldValueNotSupported",
                field,
                "Unsupported value: \"" + value + "\": supported values: " + supported);
    }

    String message() {
        return field + ": " + detail;
    }
}
