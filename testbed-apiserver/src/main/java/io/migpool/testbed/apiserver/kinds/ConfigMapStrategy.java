package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The keys of ConfigMaps, and how much they may hold. */
final class ConfigMapStrategy implements KindStrategy {
    private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
    private static final String KEY_RULE = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            + " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    private static final int LONGEST_KEY = 253;
    private static final int MOST_BYTES = 1024 * 1024;

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        Map<String, String> texts = Json.strings(object, "data");
        Map<String, String> binaries = Json.strings(object, "binaryData");
        long bytes = 0;
        for (var text : texts.entrySet()) {
            String key = text.getKey();
            key("data[" + key + "]", key, errors);
            if (binaries.containsKey(key)) {
                errors.add(FieldError.invalid("data[" + key + "]", key, "duplicate of key present in binaryData"));
            }
            bytes += text.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        for (var binary : binaries.entrySet()) {
            key("binaryData[" + binary.getKey() + "]", binary.getKey(), errors);
            bytes += decode(binary.getValue()).length;
        }
        if (bytes > MOST_BYTES) {
            // The path of the whole object.
            errors.add(FieldError.tooLong("[]", MOST_BYTES));
        }
        return errors;
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("ConfigMap in version \"v1\" cannot be handled as a ConfigMap: illegal base64"
                    + " data: " + e.getMessage());
        }
    }

    private static void key(String field, String key, List<FieldError> errors) {
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
}
