package io.migpool.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which nodes an entry of {@code nodeconfig} is for: those with that name and these labels.
 *
 * @param name a node's name, or a pattern in which {@code *} stands for any characters and {@code ?} for one; case is ignored,
 *     because Kubernetes writes node names in lower case and people write host names as they like
 * @param labels what else must be true of the node
 */
public record NodeSelection(String name, LabelSelector labels) {

    private static final Pattern WILDCARD = Pattern.compile("[*?]");

    public NodeSelection {
        if (name.isBlank()) {
            throw new IllegalArgumentException(
                    "node entry without name; the name of a Kubernetes node, or a pattern such as gpu-*, is needed");
        }
    }

    /** The node, or the nodes, of that name. */
    public static NodeSelection named(String name) {
        return new NodeSelection(name, LabelSelector.EVERYTHING);
    }

    /** Whether it names one node by its full name. */
    public boolean isExact() {
        return !WILDCARD.matcher(name).find();
    }

    /** Whether the node's name fits, whatever its labels. */
    boolean matchesName(String nodeName) {
        return isExact()
                ? name.equalsIgnoreCase(nodeName)
                : pattern().matcher(nodeName).matches();
    }

    /** Whether the entry is for that node. */
    public boolean matches(String nodeName, Map<String, String> nodeLabels) {
        return matchesName(nodeName) && labels.matches(nodeLabels);
    }

    /** The same selection in the spelling by which two of them are compared. */
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
