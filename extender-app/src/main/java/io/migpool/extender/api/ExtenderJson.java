package io.migpool.extender.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;

/** Bodies of the extender protocol as Kubernetes sends them; unknown fields are skipped. */
final class ExtenderJson {

    private final JsonMapper json = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** Reads a request. */
    <T> T read(InputStream body, Class<T> type) throws IOException, MalformedBodyException {
        try {
            T value = json.readValue(body, type);
            if (value != null) {
                return value;
            }
        } catch (JsonProcessingException e) {
            throw new MalformedBodyException(
                    "the body is no " + type.getSimpleName() + " of extender/v1: " + e.getOriginalMessage());
        }
        throw new MalformedBodyException("the body is null; expected a JSON object of type " + type.getSimpleName());
    }

    /** Writes an answer. */
    byte[] write(Object value) {
        try {
            return json.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer of our own types cannot be written", e);
        }
    }
}
