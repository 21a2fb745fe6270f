package io.migpool.deviceplugin.model;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Stands still but for a microsecond at each look, so that what waits for a moment to pass is not kept for ever. */
final class VirtualClock implements InstantSource {

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
}
