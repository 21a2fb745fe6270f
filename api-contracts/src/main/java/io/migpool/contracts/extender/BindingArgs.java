package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * Request of bind ({@code ExtenderBindingArgs}).
 *
 * @param node the node that the scheduler chose
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BindingArgs(
        @JsonProperty("PodName") @Nullable String podName,
        @JsonProperty("PodNamespace") @Nullable String podNamespace,
        @JsonProperty("PodUID") @Nullable String podUid,
        @JsonProperty("Node") @Nullable String node) {}
