package io.migpool.testbed.apiserver.request;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request, free of the HTTP library.
 *
 * @param method upper-case method
 * @param segments decoded path segments
 * @param query first value of each query parameter
 * @param headers first value of each header, names in lower case
 * @param body the body as text, empty for none
 * @param caller who asks
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

    /** The query parameter, null if it was not given. */
    public @Nullable String parameter(String name) {
        return query.get(name);
    }

    /** Whether the query parameter says yes. */
    public boolean parameterIsTrue(String name) {
        String value = query.getOrDefault(name, "");
        return value.equals("true") || value.equals("1");
    }

    /** The header of that lower-case name, empty if it was not given. */
    public String header(String name) {
        return headers.getOrDefault(name, "");
    }
}
