package io.migpool.testbed.scheduler;

import java.util.List;

/**
 * The pods that would have to leave a node.
 *
 * @param pods at least one, those of the highest priority first
 * @param violations how many of them would leave against a PodDisruptionBudget
 */
record Victims(List<PodInfo> pods, int violations) {

    Victims {
        pods = List.copyOf(pods);
        if (pods.isEmpty()) {
            throw new IllegalArgumentException("pods is empty: a node where no pod has to leave needs no preemption");
        }
    }

    int highestPriority() {
        return pods.getFirst().priority();
    }

    /** The sum of their priorities, counted from the lowest that there is, so that more pods never weigh less. */
    long weight() {
        return pods.stream()
                .mapToLong(pod -> (long) pod.priority() - Integer.MIN_VALUE)
                .sum();
    }
}
