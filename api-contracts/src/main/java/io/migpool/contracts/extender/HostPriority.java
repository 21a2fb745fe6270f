package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One node's score in the answer of prioritize.
 *
 * @param host the node
 * @param score 0 to {@link #MAX_SCORE}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record HostPriority(
        @JsonProperty("Host") String host,
        @JsonProperty("Score") long score) {

    /** The best score an extender may give ({@code MaxExtenderPriority}). */
    public static final long MAX_SCORE = 10;
}
