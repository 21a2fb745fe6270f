package io.migpool.extender.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.helidon.http.RequestException;
import io.migpool.extender.cluster.NeededFields;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** Bodies of the extender protocol as Kubernetes sends them; unknown fields are skipped. */
final class ExtenderJson {

    private static final int BAD_REQUEST = 400;

    private final JsonMapper json;

    /** Returns a reader for the scheduler in the same pod, whose bodies may hold all nodes. */
    ExtenderJson() {
        this(StreamReadConstraints.defaults());
    }

    private ExtenderJson(StreamReadConstraints limits) {
        json = JsonMapper.builder(
                        JsonFactory.builder().streamReadConstraints(limits).build())
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .addModule(NeededFields.ofPods())
                .build();
    }

    /**
     * Returns a reader for untrusted bodies: an empty object is 2 bytes of text, but a few hundred bytes as part of a Pod.
     *
     * @param tokens the most that are read: a member has two, an object or a list two in addition to those inside
     */
    static ExtenderJson ofAnybody(int tokens) {
        return new ExtenderJson(
                StreamReadConstraints.builder().maxTokenCount(tokens).build());
    }

    /**
     * Reads a request.
     *
     * @throws WebApplicationException with the place and the expectation if the body is not a valid request, or with the
     *     server's reason, such as the size, for not reading it to its end
     */
    <T> T read(InputStream body, Class<T> type) throws IOException {
        try {
            T value = json.readValue(body, type);
            if (value != null) {
                return value;
            }
        } catch (RequestException e) {
            throw refused(e.status().code(), "the body cannot be read: " + e.getMessage());
        } catch (JsonProcessingException e) {
            throw refused(
                    BAD_REQUEST,
                    "the body is not a valid " + type.getSimpleName() + " of extender/v1: " + e.getOriginalMessage());
        }
        throw refused(BAD_REQUEST, "the body is null; expected a JSON object of type " + type.getSimpleName());
    }

    private WebApplicationException refused(int status, String message) {
        return new WebApplicationException(Response.status(status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(write(Map.of("Error", message)))
                .build());
    }

    /** Writes a response. */
    byte[] write(Object value) {
        try {
            return json.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a response of our own types", e);
        }
    }
}
