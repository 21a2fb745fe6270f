package io.migpool.deviceplugin.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The switches mean what they mean in NVIDIA's device plugin. */
class HealthChecksTest {

    @Test
    void withoutSwitchesWhatProgramsDoToThemselvesDoesNotCount() {
        assertThat(HealthChecks.of("", "").ignored()).containsExactlyInAnyOrder(13L, 31L, 43L, 45L, 68L, 109L);
        assertThat(HealthChecks.of("", "").counts(79)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "xids", "79,xids", " all ", "ALL", "Xids"})
    void theyCanBeSwitchedOff(String disable) {
        HealthChecks checks = HealthChecks.of(disable, "79");
        assertThat(checks.enabled()).isFalse();
        assertThat(checks.counts(79)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "','|''",
                "not-an-int|''",
                "68|68",
                "-68|''",
                "'68  '|68",
                "'68,'|68",
                "',68'|68",
                "68,not-an-int,67|67 68",
                "99999999999999999999|''"
            })
    void whatIsNoNumberInAListIsSkipped(String list, String expected) {
        Set<String> words =
                Arrays.stream(list.split(",", -1)).map(String::strip).collect(Collectors.toSet());

        assertThat(HealthChecks.numbers(words))
                .isEqualTo(Arrays.stream(expected.split(" ", -1))
                        .filter(word -> !word.isEmpty())
                        .map(Long::valueOf)
                        .collect(Collectors.toSet()));
    }

    @Test
    void moreXidsCanBeIgnoredAndWhatIsEnabledCountsAllTheSame() {
        HealthChecks checks = HealthChecks.of("11,79", "11,13");

        assertThat(LongStream.of(11, 13, 31, 79, 80).filter(checks::counts)).containsExactly(11L, 13L, 80L);
    }

    @Test
    void everyXidCanCount() {
        assertThat(HealthChecks.of("79", "All").ignored()).isEmpty();
        assertThat(HealthChecks.of("all", "all").counts(79)).isTrue();
    }
}
