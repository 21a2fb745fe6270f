package io.migpool.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Conditions on labels, all of which must hold, written as for {@code kubectl get -l}: {@code key=value},
 * {@code key!=value}, {@code key in (a,b)}, {@code key notin (a,b)}, {@code key}, {@code !key}, separated by commas.
 *
 * @param conditions in the order in which they were written; an empty list matches everything
 */
public record LabelSelector(List<Condition> conditions) {

    /** Matches everything. */
    public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    /** The expected form, for messages. */
    static final String EXPECTED = "labels as for 'kubectl get nodes -l', such as pool=mig,!spot";

    private static final String KEY = "((?:[a-z0-9][a-z0-9.-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*)";
    private static final String VALUE = "([A-Za-z0-9._-]*)";
    private static final Pattern PRESENT = Pattern.compile("(!?)\\s*" + KEY);
    private static final Pattern EQUAL = Pattern.compile(KEY + "\\s*(==?|!=)\\s*" + VALUE);
    private static final Pattern LISTED = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([A-Za-z0-9._,\\s-]*)\\)");
    private static final Pattern COMMA_OUTSIDE_LISTS = Pattern.compile(",(?![^(]*\\))");

    public LabelSelector {
        conditions = List.copyOf(conditions);
    }

    /** One condition on one label. */
    public sealed interface Condition {

        /** Returns whether the labels meet this condition. */
        boolean holds(Map<String, String> labels);

        /**
         * Requires the label to be present, or absent.
         *
         * @param key the label
         * @param wanted whether it must be present
         */
        record Present(String key, boolean wanted) implements Condition {
            @Override
            public boolean holds(Map<String, String> labels) {
                return labels.containsKey(key) == wanted;
            }
        }

        /**
         * Requires the label to have one of some values, or none of them. As in Kubernetes, an absent label has none of
         * them.
         *
         * @param key the label
         * @param values at least one
         * @param wanted whether it must have one of them
         */
        record OneOf(String key, Set<String> values, boolean wanted) implements Condition {
            public OneOf {
                values = Set.copyOf(values);
            }

            @Override
            public boolean holds(Map<String, String> labels) {
                return Optional.ofNullable(labels.get(key))
                                .filter(values::contains)
                                .isPresent()
                        == wanted;
            }
        }
    }

    /** Returns whether all conditions hold. */
    public boolean matches(Map<String, String> labels) {
        return conditions.stream().allMatch(condition -> condition.holds(labels));
    }

    /** Returns whether the selector matches everything. */
    public boolean isEverything() {
        return conditions.isEmpty();
    }

    /** Parses a selector; empty if the text is malformed or has no condition. */
    static Optional<LabelSelector> parse(String text) {
        List<Condition> conditions = new ArrayList<>();
        for (String part : COMMA_OUTSIDE_LISTS.split(text, -1)) {
            Optional<Condition> condition = condition(part.strip());
            if (condition.isEmpty()) {
                return Optional.empty();
            }
            conditions.add(condition.get());
        }
        return Optional.of(new LabelSelector(conditions));
    }

    private static Optional<Condition> condition(String text) {
        Matcher present = PRESENT.matcher(text);
        if (present.matches()) {
            return Optional.of(
                    new Condition.Present(present.group(2), present.group(1).isEmpty()));
        }
        Matcher equal = EQUAL.matcher(text);
        if (equal.matches()) {
            return Optional.of(new Condition.OneOf(
                    equal.group(1), Set.of(equal.group(3)), !equal.group(2).equals("!=")));
        }
        Matcher listed = LISTED.matcher(text);
        if (listed.matches()) {
            Set<String> values = new TreeSet<>();
            Arrays.stream(listed.group(3).split(",", -1)).map(String::strip).forEach(values::add);
            return Optional.of(
                    new Condition.OneOf(listed.group(1), values, listed.group(2).equals("in")));
        }
        return Optional.empty();
    }
}
