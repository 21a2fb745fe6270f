package io.migpool.deviceplugin.operator;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Turns off what the GPU Operator deploys on this node, by its label for each operand: {@code true} becomes
 * {@code false}. Other values are a decision of the user, or a temporary pause. Nothing is changed back: without the
 * agent a node stays as it is until a person decides.
 */
public final class OperandLabels {

    /** Prefix of the labels, before the name of the operand. */
    static final String LABEL = "nvidia.com/gpu.deploy.";

    private static final System.Logger LOG = System.getLogger(OperandLabels.class.getName());

    private final NodeLabels labels;
    private final boolean mayTurnOff;

    /**
     * @param labels the labels of this node
     * @param mayTurnOff whether this is enabled; if not, nothing is ever changed
     */
    public OperandLabels(NodeLabels labels, boolean mayTurnOff) {
        this.labels = labels;
        this.mayTurnOff = mayTurnOff;
    }

    /** Turns these off if they are on; returns false if it should be retried soon. */
    boolean turnOff(Set<String> operands) {
        if (!mayTurnOff) {
            return true;
        }
        Optional<Map<String, String>> present = labels.current();
        if (present.isEmpty()) {
            return false;
        }
        Map<String, String> off = operands.stream()
                .map(LABEL::concat)
                .filter(label -> "true".equals(present.get().get(label)))
                .collect(Collectors.toUnmodifiableMap(label -> label, label -> "false"));
        if (off.isEmpty()) {
            return true;
        }
        try {
            labels.patch(off, Set.of());
            LOG.log(
                    Level.INFO,
                    "labelled the node so that the GPU Operator deploys no conflicting components: {0}",
                    off);
            return true;
        } catch (ClusterException e) {
            LOG.log(
                    Level.WARNING,
                    "cannot label the node so that the GPU Operator deploys no conflicting components",
                    e);
            return false;
        }
    }
}
