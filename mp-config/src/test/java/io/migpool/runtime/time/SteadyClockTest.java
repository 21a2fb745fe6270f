package io.migpool.runtime.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SteadyClockTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void aStepOfTheWallClockIsNoTimePassed() {
        AtomicReference<Instant> wall = new AtomicReference<>(START);
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
        SteadyClock clock = new SteadyClock(wall::get, nanos::get);
        assertThat(clock.instant()).isEqualTo(START);

        wall.set(START.plusSeconds(3600));
        nanos.addAndGet(2_000_000_000);
        assertThat(clock.instant()).isEqualTo(START.plusSeconds(2));

        wall.set(START.minusSeconds(3600));
        nanos.addAndGet(1_000_000_000);
        assertThat(clock.instant()).isEqualTo(START.plusSeconds(3));
    }
}
