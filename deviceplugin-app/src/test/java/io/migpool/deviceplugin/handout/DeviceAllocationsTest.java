package io.migpool.deviceplugin.handout;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.handout.DeviceAllocations.Answer;
import io.migpool.deviceplugin.handout.DeviceAllocations.Holding;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** kubelet answers while devices are given: an answer knows what was noted when the question was begun. */
class DeviceAllocationsTest {

    private static final Holding HOLD = new Holding("nvidia.com/mig-1g.10gb", "MIG-a");

    private Instant now = Instant.EPOCH;
    private final DeviceAllocations given = new DeviceAllocations(() -> now);

    @Test
    void whatAContainerStartedWithIsNotForgottenForAnOlderAnswer() {
        long question = given.begin();
        given.promise(HOLD);
        given.started(HOLD);

        given.told(new Answer(question, Optional.of(Set.of())));

        assertThat(given.has(HOLD)).isTrue();
        assertThat(given.untold(Set.of())).containsExactly("MIG-a");
    }

    @Test
    void anAnswerToALaterQuestionCounts() {
        given.promise(HOLD);
        given.started(HOLD);

        given.told(new Answer(given.begin(), Optional.of(Set.of())));

        assertThat(given.has(HOLD)).isFalse();
    }

    @Test
    void anAnswerThatIsOvertakenTellsNothing() {
        long first = given.begin();
        given.told(new Answer(given.begin(), Optional.of(Set.of(HOLD))));

        given.told(new Answer(first, Optional.of(Set.of())));

        assertThat(given.has(HOLD)).isTrue();
    }

    @Test
    void whatKubeletNeverNotesIsFreeAfterAWhile() {
        given.promise(HOLD);
        given.told(new Answer(given.begin(), Optional.of(Set.of())));
        assertThat(given.has(HOLD)).isTrue();

        now = now.plusSeconds(31);

        assertThat(given.has(HOLD)).isFalse();
        assertThat(given.untold(Set.of())).isEmpty();
    }

    @Test
    void whatAnAnswerHasIsNotUntold() {
        given.promise(HOLD);

        assertThat(given.untold(Set.of(HOLD))).isEmpty();
    }
}
