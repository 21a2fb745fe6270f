package io.migpool.testbed.apiserver.request;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request, independent of the HTTP library.
 *
 * @param method upper-case method
 * @param segments decoded path segments
 * @param query first value of each query parameter
 * @param headers first value of each header, names in lower case
 * @param body the body as text, empty for none
 */
public record ApiRequest(
        String method,
        List<String> segments,
        Map<String, String> query,
        Map<String, String> headers,
        String body,
        Caller caller) {

    /** Copies the collections. */
    public ApiRequest {
        segments = List.copyOf(segments);
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    /** Returns the query parameter, null if absent. */
    public @Nullable String parameter(String name) {
        return query.get(name);
    }

    /** Returns whether the query parameter is true. */
    public boolean parameterIsTrue(String name) {
        String value = query.getOrDefault(name, "");
        return value.equals("true") || value.equals("1");
    }

    /** Returns the media type of the body, in lower case and without parameters; empty if the client gave none. */
    public String mediaType() {
        return header("content-type").replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
    }

    /** Returns the header with this lower-case name, empty if absent. */
    public String header(String name) {
        return headers.getOrDefault(name, "");
    }
}
