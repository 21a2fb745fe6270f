package io.migpool.config.source;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which known key an unknown one was meant to be. */
public final class NearestKey {

    private NearestKey() {}

    /** Returns the known key with the fewest edits, ignoring case, if it is close enough to be a typo. */
    public static Optional<String> to(String unknown, Collection<String> known) {
        return within(Math.max(2, unknown.length() / 3), unknown, known);
    }

    /** Returns the known key with the fewest edits, ignoring case, if there are at most {@code tolerance}. */
    static Optional<String> within(int tolerance, String unknown, Collection<String> known) {
        return known.stream()
                .filter(key -> edits(unknown, key) <= tolerance)
                .min(Comparator.comparingInt((String key) -> edits(unknown, key))
                        .thenComparing(key -> key));
    }

    /** Returns the Levenshtein distance, ignoring case: insertions, deletions and replacements cost one each. */
    static int edits(String left, String right) {
        String a = left.toLowerCase(Locale.ROOT);
        String b = right.toLowerCase(Locale.ROOT);
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
