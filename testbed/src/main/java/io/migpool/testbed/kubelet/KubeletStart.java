package io.migpool.testbed.kubelet;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One start of kubelet, with or without one of the node.
 *
 * @param number counts the starts
 * @param boot counts the starts of the node
 * @param running the containers that were running at that moment; a new kubelet takes them as they are
 */
record KubeletStart(int number, int boot, List<ContainerProcess> running) {

    KubeletStart {
        running = List.copyOf(running);
    }

    /** Returns the names of one pod's containers that were running. */
    Set<String> runningOf(String podUid) {
        return running.stream()
                .map(ContainerProcess::container)
                .filter(container -> container.podUid().equals(podUid))
                .map(RunningContainer::container)
                .collect(Collectors.toSet());
    }
}
