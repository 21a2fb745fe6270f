package io.migpool.testbed.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A watch as it comes over the wire. */
final class SentEvents {

    private SentEvents() {}

    /** Returns all events of a watch of that path, whose {@code timeoutSeconds} ends it. */
    static List<JsonNode> of(Subject subject, String path) throws Exception {
        var http = subject.client().getHttpClient();
        HttpResponse<String> response = http.sendAsync(
                        http.newHttpRequestBuilder()
                                .uri(subject.client().getMasterUrl().toURI().resolve(path))
                                .build(),
                        String.class)
                .get(1, TimeUnit.MINUTES);
        assertThat(response.code()).as(response.body()).isEqualTo(200);
        try (MappingIterator<JsonNode> events =
                JsonMapper.builder().build().readerFor(JsonNode.class).readValues(response.body())) {
            return events.readAll();
        }
    }

    /** Returns an event as {@code TYPE name}. */
    static String asText(JsonNode event) {
        return event.path("type").asText() + " "
                + event.at("/object/metadata/name").asText();
    }
}
