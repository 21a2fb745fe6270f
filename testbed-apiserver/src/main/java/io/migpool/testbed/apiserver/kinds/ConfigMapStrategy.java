package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The keys of ConfigMaps, and how much they may hold. */
final class ConfigMapStrategy implements KindStrategy {
    private static final int MOST_BYTES = 1024 * 1024;

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        Map<String, String> texts = Json.strings(object, "data");
        Map<String, String> binaries = Json.strings(object, "binaryData");
        long bytes = 0;
        for (var text : texts.entrySet()) {
            String key = text.getKey();
            DataKeys.check("data[" + key + "]", key, errors);
            if (binaries.containsKey(key)) {
                errors.add(FieldError.invalid("data[" + key + "]", key, "duplicate of key present in binaryData"));
            }
            bytes += text.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        for (var binary : binaries.entrySet()) {
            DataKeys.check("binaryData[" + binary.getKey() + "]", binary.getKey(), errors);
            bytes += DataKeys.decode("ConfigMap", binary.getValue()).length;
        }
        if (bytes > MOST_BYTES) {
            // The path of the whole object.
            errors.add(FieldError.tooLong("[]", MOST_BYTES));
        }
        return errors;
    }
}
