package io.migpool.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The content of {@code config.json}: settings of individual nodes.
 *
 * @param nodes entries in document order
 */
public record NodeSettings(List<NodeConfig> nodes) {

    /** No entries. */
    public static final NodeSettings DEFAULT = new NodeSettings(List.of());

    public NodeSettings {
        nodes = List.copyOf(nodes);
    }

    /** Returns the entry of a node: the one with its full name, otherwise the first whose pattern and labels match. */
    public Optional<NodeConfig> forNode(String nodeName, Map<String, String> labels) {
        return byPrecedence()
                .filter(node -> node.nodes().matches(nodeName, labels))
                .findFirst();
    }

    /** Returns whether the choice of the node's entry depends on its labels. */
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
     * Reads a document on its own, without overrides.
     *
     * @param json content of {@code config.json}
     * @throws InvalidSettingsException if the document is invalid; has every problem found
     */
    public static NodeSettings parse(String json) throws InvalidSettingsException {
        return DocumentBinding.NODES.parse(json);
    }
}
