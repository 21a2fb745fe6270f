package io.migpool.testbed.apiserver.selectors;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Label selectors in both forms: the query parameter, and the object with matchLabels and matchExpressions. */
public final class LabelSelector {
    private static final Pattern SET =
            Pattern.compile("(\\S+)\\s+(in|notin)\\s*\\(([^)]*)\\)", Pattern.CASE_INSENSITIVE);
    private static final Pattern EQUALITY = Pattern.compile("([^=!\\s]+)\\s*(==|=|!=)\\s*([^=!]*)");
    private static final Pattern EXISTENCE = Pattern.compile("(!?)\\s*([^=!\\s(),]+)");

    private final List<Requirement> requirements;

    private LabelSelector(List<Requirement> requirements) {
        this.requirements = List.copyOf(requirements);
    }

    private enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        DOES_NOT_EXIST
    }

    private record Requirement(String key, Operator operator, List<String> values) {
        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
            };
        }
    }

    /** Parses the query parameter; null or blank selects everything. */
    public static Selector parse(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return Selector.everything();
        }
        LabelSelector selector = new LabelSelector(
                split(text).stream().map(LabelSelector::requirement).toList());
        return object -> selector.matches(Json.strings(object, "metadata", "labels"));
    }

    /** Reads a {@code LabelSelector} object of an API type. */
    public static LabelSelector of(JsonNode selector) {
        List<Requirement> requirements = new ArrayList<>();
        Json.strings(selector, "matchLabels")
                .forEach((key, value) -> requirements.add(new Requirement(key, Operator.IN, List.of(value))));
        for (JsonNode expression : Json.items(selector, "matchExpressions")) {
            requirements.add(new Requirement(
                    Json.text(expression, "key"),
                    operator(Json.text(expression, "operator")),
                    Json.texts(expression, "values")));
        }
        return new LabelSelector(requirements);
    }

    /** Returns whether all requirements hold; true if there are none. */
    public boolean matches(Map<String, String> labels) {
        return requirements.stream().allMatch(requirement -> requirement.matches(labels));
    }

    private static Operator operator(String name) {
        return switch (name) {
            case "In" -> Operator.IN;
            case "NotIn" -> Operator.NOT_IN;
            case "Exists" -> Operator.EXISTS;
            case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
            default -> throw ApiException.badRequest("\"" + name + "\" is not a valid label selector operator");
        };
    }

    private static Requirement requirement(String text) {
        String term = text.strip();
        Matcher set = SET.matcher(term);
        if (set.matches()) {
            List<String> values = Arrays.stream(set.group(3).split(",", -1))
                    .map(String::strip)
                    .toList();
            boolean in = set.group(2).equalsIgnoreCase("in");
            return new Requirement(set.group(1), in ? Operator.IN : Operator.NOT_IN, values);
        }
        Matcher equality = EQUALITY.matcher(term);
        if (equality.matches()) {
            Operator operator = equality.group(2).equals("!=") ? Operator.NOT_IN : Operator.IN;
            return new Requirement(
                    equality.group(1), operator, List.of(equality.group(3).strip()));
        }
        Matcher existence = EXISTENCE.matcher(term);
        if (existence.matches()) {
            Operator operator = existence.group(1).isEmpty() ? Operator.EXISTS : Operator.DOES_NOT_EXIST;
            return new Requirement(existence.group(2), operator, List.of());
        }
        throw ApiException.badRequest("unable to parse requirement: found '" + term + "'");
    }

    /** Splits at the commas outside parentheses. */
    private static List<String> split(String text) {
        List<String> terms = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                terms.add(text.substring(start, i));
                start = i + 1;
            }
        }
        terms.add(text.substring(start));
        return terms;
    }
}
