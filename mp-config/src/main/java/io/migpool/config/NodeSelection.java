package io.migpool.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which nodes an entry of {@code nodeconfig} applies to: those with this name and these labels.
 *
 * @param name a node's name, or a pattern in which {@code *} stands for any characters and {@code ?} for one; case is
 *     ignored, because node names in Kubernetes are lower case, while people write host names in any case
 * @param labels labels that the node must have as well
 */
public record NodeSelection(String name, LabelSelector labels) {

    private static final Pattern WILDCARD = Pattern.compile("[*?]");

    public NodeSelection {
        if (name.isBlank()) {
            throw new IllegalArgumentException(
                    "node entry without name; the name of a Kubernetes node, or a pattern such as gpu-*, is needed");
        }
    }

    /** Returns a selection of the node, or the nodes, with this name. */
    public static NodeSelection named(String name) {
        return new NodeSelection(name, LabelSelector.EVERYTHING);
    }

    /** Returns whether this names a single node by its full name. */
    public boolean isExact() {
        return !WILDCARD.matcher(name).find();
    }

    /** Returns whether the node's name matches, whatever its labels. */
    boolean matchesName(String nodeName) {
        return isExact()
                ? name.equalsIgnoreCase(nodeName)
                : pattern().matcher(nodeName).matches();
    }

    /** Returns whether the entry applies to this node. */
    public boolean matches(String nodeName, Map<String, String> nodeLabels) {
        return matchesName(nodeName) && labels.matches(nodeLabels);
    }

    /** Returns the same selection in lower case, for comparing two of them. */
    NodeSelection inLowerCase() {
        return new NodeSelection(name.toLowerCase(Locale.ROOT), labels);
    }

    private Pattern pattern() {
        String regex = name.chars()
                .mapToObj(Character::toString)
                .map(character -> switch (character) {
                    case "*" -> ".*";
                    case "?" -> ".";
                    default -> Pattern.quote(character);
                })
                .collect(Collectors.joining());
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }
}
