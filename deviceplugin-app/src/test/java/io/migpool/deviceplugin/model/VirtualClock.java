package io.migpool.deviceplugin.model;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Stands still but for a microsecond at each look, so that what waits for a moment to pass is not kept for ever. */
final class VirtualClock extends Clock {

    private static final Duration TICK = Duration.ofNanos(1000);

    private Instant now = Instant.EPOCH;

    void forward(Duration by) {
        now = now.plus(by);
    }

    @Override
    public Instant instant() {
        now = now.plus(TICK);
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
