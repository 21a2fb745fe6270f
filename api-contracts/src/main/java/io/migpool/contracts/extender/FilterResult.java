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
 * @param nodes nodes that accept the pod, in full, if the request listed them in full
 * @param nodeNames names of the nodes that accept the pod
 * @param failedNodes nodes that reject the pod but might accept it if other pods were removed, with the reason
 * @param failedAndUnresolvableNodes nodes that reject the pod whatever is removed, with the reason
 * @param error non-empty if nothing could be decided; the scheduler retries within seconds
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record FilterResult(
        @JsonProperty("Nodes") @Nullable NodeList nodes,
        @JsonProperty("NodeNames") @Nullable List<String> nodeNames,
        @JsonProperty("FailedNodes") @Nullable Map<String, String> failedNodes,

        @JsonProperty("FailedAndUnresolvableNodes") @Nullable Map<String, String> failedAndUnresolvableNodes,

        @JsonProperty("Error") @Nullable String error) {

    /** An answer that reports a failure to decide. */
    public static FilterResult failure(String error) {
        return new FilterResult(null, null, Map.of(), Map.of(), error);
    }
}
