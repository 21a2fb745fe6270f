package io.migpool.runtime.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackOffTest {

    @Test
    void pausesDoubleAndNeverExceedTheLongest() {
        BackOff backOff = new BackOff(Duration.ofMillis(10), Duration.ofMillis(250));

        assertThat(Stream.iterate(backOff.first(), backOff::after).limit(7).map(Duration::toMillis))
                .containsExactly(10L, 20L, 40L, 80L, 160L, 250L, 250L);
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> new BackOff(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("longer than zero");
        assertThatThrownBy(() -> new BackOff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
