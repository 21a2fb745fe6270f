package io.migpool.testbed.apiserver.kinds;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.FieldError;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** The keys of ConfigMaps and Secrets, and their binary values. */
final class DataKeys {
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final String KEY_RULE = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            + " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    private static final int LONGEST_KEY = 253;

    private DataKeys() {}

    static void check(String field, String key, List<FieldError> errors) {
        if (key.length() > LONGEST_KEY) {
            errors.add(FieldError.invalid(field, key, "must be no more than 253 characters"));
        }
        if (!KEY.matcher(key).matches()) {
            errors.add(FieldError.invalid(field, key, KEY_RULE));
        }
        if (key.equals(".") || key.equals("..")) {
            errors.add(FieldError.invalid(field, key, "must not be '" + key + "'"));
        } else if (key.startsWith("..")) {
            errors.add(FieldError.invalid(field, key, "must not start with '..'"));
        }
    }

    /** Returns the bytes of a value; what is not base64 is a bad request. */
    static byte[] decode(String kind, String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(kind + " in version \"v1\" cannot be handled as a " + kind
                    + ": illegal base64 data: " + e.getMessage());
        }
    }
}
