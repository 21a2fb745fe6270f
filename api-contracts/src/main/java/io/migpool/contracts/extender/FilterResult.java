package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.NodeList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answer of filter ({@code ExtenderFilterResult}).
 *
 * @param nodes nodes that take the pod, in full, if the request had them so
 * @param nodeNames names of the nodes that take the pod
 * @param failedNodes nodes that do not, where removing other pods may help, with the reason
 * @param failedAndUnresolvableNodes nodes that do not, where that does not help, with the reason
 * @param error non-empty if nothing could be decided; the scheduler retries within seconds
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record FilterResult(
        @JsonProperty("Nodes") @Nullable NodeList nodes,
        @JsonProperty("NodeNames") @Nullable List<String> nodeNames,
        @JsonProperty("FailedNodes") @Nullable Map<String, String> failedNodes,

        @JsonProperty("FailedAndUnresolvableNodes") @Nullable Map<String, String> failedAndUnresolvableNodes,

        @JsonProperty("Error") @Nullable String error) {

    /** Nothing could be decided. */
    public static FilterResult failure(String error) {
        return new FilterResult(null, null, Map.of(), Map.of(), error);
    }
}
