package io.migpool.testbed.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.verbs.WatchStream;
import java.util.List;

/** The server's answer to a request. */
sealed interface Reply {
    /**
     * A JSON body.
     *
     * @param code HTTP status
     * @param warnings texts of {@code Warning} headers
     */
    record Body(int code, JsonNode body, List<String> warnings) implements Reply {}

    /** Plain text with status 200. */
    record Text(String text) implements Reply {}

    /** A stream of watch events. */
    record Watch(WatchStream stream) implements Reply {}

    static Reply ok(JsonNode body) {
        return new Body(200, body, List.of());
    }
}
