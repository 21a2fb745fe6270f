package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What logs, Events and exceptions say reads as plain English. */
class MessagesTest {

    private static final Pattern COMMENT = Pattern.compile("\\s*(//|/?\\*).*");

    private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");

    /** Write "is not a number", "again", "unexpectedly", "timed out", "is already set in" instead. */
    private static final Pattern AWKWARD = Pattern.compile("(?<!there )\\b(is|are) no (?!longer|room|more)"
            + "|\\b(anew|unforeseen|in vain|stands (at|in|inside|where))\\b");

    @Test
    void useNoAwkwardPhrases() {
        List<String> literals = Repository.applicationSources().stream()
                .flatMap(String::lines)
                .filter(line -> !COMMENT.matcher(line).matches())
                .flatMap(line -> LITERAL.matcher(line).results())
                .map(MatchResult::group)
                .toList();

        assertThat(literals).hasSizeGreaterThan(1000);
        assertThat(literals).filteredOn(AWKWARD.asPredicate()).isEmpty();
    }
}
