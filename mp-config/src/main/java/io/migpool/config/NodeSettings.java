package io.migpool.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The content of {@code config.json}: what single nodes do differently.
 *
 * @param nodes entries in the order of the document
 */
public record NodeSettings(List<NodeConfig> nodes) {

    /** No node differs. */
    public static final NodeSettings DEFAULT = new NodeSettings(List.of());

    public NodeSettings {
        nodes = List.copyOf(nodes);
    }

    /** The entry of that node: the one with its full name, else the first whose pattern and labels fit. */
    public Optional<NodeConfig> forNode(String nodeName, Map<String, String> labels) {
        return byPrecedence()
                .filter(node -> node.nodes().matches(nodeName, labels))
                .findFirst();
    }

    /** Whether it takes the node's labels to tell which entry is its own. */
    public boolean dependsOnLabels(String nodeName) {
        return byPrecedence()
                .map(NodeConfig::nodes)
                .filter(selection -> selection.matchesName(nodeName))
                .findFirst()
                .filter(selection -> !selection.labels().isEverything())
                .isPresent();
    }

    private Stream<NodeConfig> byPrecedence() {
        return Stream.concat(
                nodes.stream().filter(node -> node.nodes().isExact()),
                nodes.stream().filter(node -> !node.nodes().isExact()));
    }

    /**
     * Reads a document by itself, without any override.
     *
     * @param json content of {@code config.json}
     * @throws InvalidSettingsException with every problem found
     */
    public static NodeSettings parse(String json) throws InvalidSettingsException {
        return DocumentBinding.NODES.parse(json);
    }
}
