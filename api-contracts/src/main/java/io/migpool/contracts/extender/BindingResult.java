package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Answer of bind ({@code ExtenderBindingResult}).
 *
 * @param error empty if the pod is bound
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BindingResult(@JsonProperty("Error") String error) {

    /** The pod is bound. */
    public static BindingResult bound() {
        return new BindingResult("");
    }
}
