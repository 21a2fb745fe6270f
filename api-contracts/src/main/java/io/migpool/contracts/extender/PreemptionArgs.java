package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Request of preempt ({@code ExtenderPreemptionArgs}).
 *
 * @param pod the pod that needs room
 * @param nodeNameToVictims victims per node in full, only if the extender is not node cache capable
 * @param nodeNameToMetaVictims victims per node by UID, only if it is
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PreemptionArgs(
        @JsonProperty("Pod") @Nullable Pod pod,
        @JsonProperty("NodeNameToVictims") @Nullable Map<String, Victims> nodeNameToVictims,
        @JsonProperty("NodeNameToMetaVictims") @Nullable Map<String, MetaVictims> nodeNameToMetaVictims) {

    /**
     * Pods to evict from one node.
     *
     * @param numPdbViolations disruption budgets that this would violate
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Victims(
            @JsonProperty("Pods") @Nullable List<Pod> pods,
            @JsonProperty("NumPDBViolations") long numPdbViolations) {}

    /**
     * Pods to evict from one node, by UID.
     *
     * @param numPdbViolations disruption budgets that this would violate
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record MetaVictims(
            @JsonProperty("Pods") @Nullable List<MetaPod> pods,
            @JsonProperty("NumPDBViolations") long numPdbViolations) {}

    /** A pod by its UID. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record MetaPod(@JsonProperty("UID") String uid) {}
}
