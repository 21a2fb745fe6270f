package io.migpool.deviceplugin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** What happened in all histories together, so that a walk that leads nowhere is noticed. */
final class Tally {
    int moves;
    int evictions;
    int conflicts;
    int lostAnswers;
    int starts;

    void requireAllKinds() {
        assertThat(List.of(starts, moves, evictions, conflicts, lostAnswers))
                .as("starts, moves, evictions, conflicts and lost answers")
                .allMatch(count -> count > 0);
    }

    @Override
    public String toString() {
        return "%d starts, %d moves, %d evictions, %d conflicts, %d lost answers"
                .formatted(starts, moves, evictions, conflicts, lostAnswers);
    }
}
