package io.migpool.contracts.extender;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Request of filter and prioritize ({@code k8s.io/kube-scheduler/extender/v1}).
 *
 * @param pod the pod to place
 * @param nodes candidates in full, only if the extender is not node cache capable
 * @param nodeNames names of the candidates, only if it is
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExtenderArgs(
        @JsonProperty("Pod") @Nullable Pod pod,
        @JsonProperty("Nodes") @Nullable NodeList nodes,
        @JsonProperty("NodeNames") @Nullable List<String> nodeNames) {}
