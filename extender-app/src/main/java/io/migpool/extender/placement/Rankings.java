package io.migpool.extender.placement;

import io.migpool.extender.pool.NodeView;
import io.migpool.extender.pool.PodDemand;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ranks nodes for pods, and plans only what has changed since a pod of the same shape was ranked last. The result is what
 * planning every node from scratch gives, without the reasons of single GPUs.
 *
 * <p>An outcome is remembered by shape of demand and node, with the view and the policy it rests on. It is valid as long as
 * the node's view is the very same object. When only the policy is another one, because the observed requests have moved or
 * the cluster's policy was changed, refusals stay valid if both policies refuse the same GPUs.
 *
 * <p>Not thread-safe: callers use it under their own lock.
 */
public final class Rankings {

    /**
     * Outcomes remembered for all shapes together; the shape not asked for longest goes first. With 8 GPUs per node each is
     * about 250 bytes, three times as much where no two shapes were asked for between two changes of a node.
     */
    private static final int MOST_OUTCOMES = 150_000;

    /** Shapes remembered: each has a planner with what it found out about boards. */
    private static final int MOST_SHAPES = 1024;

    /** Length of the text (lists of GPUs and the like) in one pod's annotations beyond which its shape is not remembered. */
    private static final int MOST_CHARACTERS = 4096;

    /** Nodes that are gone are not asked for again: the cache of a shape with far more nodes than are asked for is cleared. */
    private static final int MANY_TIMES = 4;

    private static final int A_FEW = 4096;

    private final PolicySource policies;
    private final Map<PodDemand.Shape, ShapeMemory> memories = new LinkedHashMap<>(16, 0.75f, true);
    private int remembered;

    Rankings(PolicySource policies) {
        this.policies = policies;
    }

    /**
     * Ranks the nodes; one that is given twice counts once. The cost beyond checking every node depends on what has
     * changed, not on how many nodes there are.
     *
     * @return the ranking, valid until the next one is asked for
     */
    public Ranking rank(PodDemand pod, List<NodeView> nodes) {
        PlacementPolicy policy = policies.of(pod);
        if (pod.characters() > MOST_CHARACTERS) {
            return new ShapeMemory(pod, policy).rank(byName(nodes), new StepBudget(pod));
        }
        ShapeMemory memory = memories.computeIfAbsent(pod.shape(), shape -> new ShapeMemory(pod, policy));
        memory.follow(policy);
        if (memory.remembered() > MANY_TIMES * Math.max(nodes.size(), memory.mostAsked()) + A_FEW) {
            remembered -= memory.remembered();
            memory.clear();
        }
        int before = memory.remembered();
        Ranking ranking = memory.rank(nodes, new StepBudget(pod));
        remembered += memory.remembered() - before;
        forgetEldest();
        return ranking;
    }

    /**
     * Long searches share their steps, so their order decides what is found. The scheduler's order differs each time, and
     * it retries a pod at once if its refusal reads differently. Remembered outcomes converge by themselves.
     */
    private static List<NodeView> byName(List<NodeView> nodes) {
        return nodes.stream().sorted(Comparator.comparing(NodeView::name)).toList();
    }

    /** Returns the number of shapes remembered. */
    int shapes() {
        return memories.size();
    }

    /** Returns the number of outcomes remembered. */
    public int remembered() {
        return remembered;
    }

    private void forgetEldest() {
        Iterator<ShapeMemory> eldest = memories.values().iterator();
        while (remembered > MOST_OUTCOMES || memories.size() > MOST_SHAPES) {
            remembered -= eldest.next().remembered();
            eldest.remove();
        }
    }
}
