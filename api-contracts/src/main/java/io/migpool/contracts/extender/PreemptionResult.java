package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * Answer of preempt ({@code ExtenderPreemptionResult}).
 *
 * @param nodeNameToMetaVictims the nodes on which the pod would fit once the victims are gone
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PreemptionResult(
        @JsonProperty("NodeNameToMetaVictims") Map<String, PreemptionArgs.MetaVictims> nodeNameToMetaVictims) {}
