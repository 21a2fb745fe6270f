package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings under which no pod could be bound are rejected. */
class SchedulingSettingsTest {

    @ParameterizedTest
    @ValueSource(strings = {"PT-1S", "PT0S", "PT0.999S"})
    void attemptsNeedTimeToBegin(Duration bindRetry) {
        assertThatThrownBy(() -> with(bindRetry))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("bind-retry is " + bindRetry, "at least PT1S");
    }

    @Test
    void aSecondIsEnough() {
        assertThatCode(() -> with(Duration.ofSeconds(1))).doesNotThrowAnyException();
    }

    private static void with(Duration bindRetry) {
        SchedulingSettings rest = SchedulingSettings.DEFAULT;
        new SchedulingSettings(rest.holdTime(), rest.mostNodes(), bindRetry, rest.landingTime());
    }
}
