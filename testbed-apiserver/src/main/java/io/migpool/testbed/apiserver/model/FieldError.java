package io.migpool.testbed.apiserver.model;

import java.util.List;

/**
 * One error in an object, in the form of Kubernetes' field errors.
 *
 * @param reason machine-readable cause, such as {@code FieldValueInvalid}
 * @param field path of the field, such as {@code spec.containers[0].image}
 * @param detail text after the path
 */
public record FieldError(String reason, String field, String detail) {
    private static final int HIGHEST_PORT = 65_535;

    /** Returns the error for a missing field; the detail may be empty. */
    public static FieldError required(String field, String detail) {
        return new FieldError(
                "FieldValueRequired", field, detail.isEmpty() ? "Required value" : "Required value: " + detail);
    }

    /** Returns the error for an invalid value, with the reason. */
    public static FieldError invalid(String field, Object value, String detail) {
        String shown = value instanceof String text ? '"' + text + '"' : String.valueOf(value);
        return new FieldError("FieldValueInvalid", field, "Invalid value: " + shown + ": " + detail);
    }

    /** Returns the error for a field that must not be set or changed, with the reason. */
    public static FieldError forbidden(String field, String detail) {
        return new FieldError("FieldValueForbidden", field, "Forbidden: " + detail);
    }

    /** Returns the error for a value that another element of the list already has. */
    public static FieldError duplicate(String field, String value) {
        return new FieldError("FieldValueDuplicate", field, "Duplicate value: \"" + value + '"');
    }

    /** Returns the error for a value that names something that does not exist. */
    public static FieldError notFound(String field, String value) {
        return new FieldError("FieldValueNotFound", field, "Not found: \"" + value + '"');
    }

    /** Returns the error for an unsupported value, listing the supported ones as Kubernetes does. */
    public static FieldError unsupported(String field, String value, String supported) {
        return new FieldError(
                "FieldValueNotSupported",
                field,
                "Unsupported value: \"" + value + "\": supported values: " + supported);
    }

    /** Adds an error unless the value is one of the supported ones. */
    public static void oneOf(String field, String value, List<String> supported, List<FieldError> errors) {
        if (!supported.contains(value)) {
            errors.add(unsupported(field, value, '"' + String.join("\", \"", supported) + '"'));
        }
    }

    /** Adds an error unless the number is that of a port. */
    public static void port(String field, long number, List<FieldError> errors) {
        if (number < 1 || number > HIGHEST_PORT) {
            errors.add(invalid(field, number, "must be between 1 and 65535, inclusive"));
        }
    }

    /** Returns the error for a value of more bytes than allowed. */
    public static FieldError tooLong(String field, int bytes) {
        return new FieldError("FieldValueTooLong", field, "Too long: may not be more than " + bytes + " bytes");
    }

    /** Returns the error for a list with more items than allowed. */
    public static FieldError tooMany(String field, int items, int most) {
        return new FieldError(
                "FieldValueTooMany", field, "Too many: " + items + ": must have at most " + most + " items");
    }

    String message() {
        return field + ": " + detail;
    }
}
