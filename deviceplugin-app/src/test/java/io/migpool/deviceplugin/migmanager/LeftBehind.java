package io.migpool.deviceplugin.migmanager;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an agent leaves behind that dies: what it wrote and did until then.
 *
 * @param labels of the Node
 * @param remembered what it wrote down
 * @param cordoned whether the node is
 * @param running services of the host that run
 */
record LeftBehind(Map<String, String> labels, UnfinishedChange remembered, boolean cordoned, List<String> running) {

    /** As it is now. */
    static LeftBehind of(ProtocolRig node) {
        return new LeftBehind(Map.copyOf(node.labels), node.remembered, node.cordoned, List.copyOf(node.running));
    }

    /**
     * The agent takes a step in which it dies, once the services of the host have been stopped; the next one has
     * started.
     */
    static void diesWhileServicesStop(ProtocolRig node) {
        List<LeftBehind> left = new ArrayList<>();
        node.whileServicesStop = () -> {
            left.add(of(node));
            throw new IllegalStateException("the agent is dead");
        };
        node.step();
        node.whileServicesStop = () -> {};
        left.getFirst().putBack(node);
        node.restart();
    }

    /** Whatever was done since has not been done. */
    void putBack(ProtocolRig node) {
        node.labels.clear();
        node.labels.putAll(labels);
        node.remembered = remembered;
        node.cordoned = cordoned;
        node.running.clear();
        node.running.addAll(running);
    }
}
