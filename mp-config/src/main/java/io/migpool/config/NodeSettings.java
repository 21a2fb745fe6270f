package io.migpool.config;

import java.util.List;
import java.util.Optional;

/**
 * The content of {@code config.json}: what single nodes do differently.
 *
 * @param nodes entries with distinct names, in the order of the document
 */
public record NodeSettings(List<NodeConfig> nodes) {

    /** No node differs. */
    public static final NodeSettings DEFAULT = new NodeSettings(List.of());

    public NodeSettings {
        nodes = List.copyOf(nodes);
    }

    /** The entry of that node, ignoring case: Kubernetes writes node names in lower case, people write host names as they like. */
    public Optional<NodeConfig> forNode(String nodeName) {
        return nodes.stream()
                .filter(node -> node.name().equalsIgnoreCase(nodeName))
                .findFirst();
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
