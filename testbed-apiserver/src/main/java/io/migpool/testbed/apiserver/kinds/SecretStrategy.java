package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The type of Secrets, their keys, and how much they may hold. */
final class SecretStrategy implements KindStrategy {
    private static final int MOST_BYTES = 1024 * 1024;
    private static final List<String> KEYS_OF_TLS = List.of("tls.crt", "tls.key");

    @Override
    public void defaults(ObjectNode object) {
        Json.putIfAbsent(object, "type", "Opaque");
        Json.strings(object, "stringData")
                .forEach((key, value) -> Json.child(object, "data").put(key, value.getBytes(StandardCharsets.UTF_8)));
        object.remove("stringData");
    }

    @Override
    public List<FieldError> validate(ObjectNode object) {
        List<FieldError> errors = new ArrayList<>();
        Map<String, String> data = Json.strings(object, "data");
        long bytes = 0;
        for (var value : data.entrySet()) {
            DataKeys.check("data[" + value.getKey() + "]", value.getKey(), errors);
            bytes += DataKeys.decode("Secret", value.getValue()).length;
        }
        if (bytes > MOST_BYTES) {
            errors.add(FieldError.tooLong("data", MOST_BYTES));
        }
        if (Json.text(object, "type").equals("kubernetes.io/tls")) {
            KEYS_OF_TLS.stream()
                    .filter(key -> !data.containsKey(key))
                    .forEach(key -> errors.add(FieldError.required("data[" + key + "]", "")));
        }
        return errors;
    }
}
