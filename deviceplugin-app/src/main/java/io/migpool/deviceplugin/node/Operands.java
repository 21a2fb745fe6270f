package io.migpool.deviceplugin.node;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeLabels;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes what the GPU Operator deploys off this node, by the label that it keeps for each operand: {@code true} becomes
 * {@code false}. Other values are somebody's own decision, or a pause that ends. Nothing is put back: without the agent a node
 * is to stay as it is until somebody decides.
 */
public final class Operands {

    /** What the labels begin with, before the name of the operand. */
    static final String LABEL = "nvidia.com/gpu.deploy.";

    private static final System.Logger LOG = System.getLogger(Operands.class.getName());

    private final NodeLabels labels;
    private final boolean mayTurnOff;

    /**
     * @param labels those of this node
     * @param mayTurnOff whether it is wanted; if not, nothing is ever done
     */
    public Operands(NodeLabels labels, boolean mayTurnOff) {
        this.labels = labels;
        this.mayTurnOff = mayTurnOff;
    }

    /** Turns these off where they are on; false if that is to be tried again soon. */
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
            LOG.log(System.Logger.Level.INFO, "the GPU Operator is to deploy no rivals here: {0}", off);
            return true;
        } catch (ClusterException e) {
            LOG.log(System.Logger.Level.WARNING, "the GPU Operator cannot be told to deploy no rivals here", e);
            return false;
        }
    }
}
