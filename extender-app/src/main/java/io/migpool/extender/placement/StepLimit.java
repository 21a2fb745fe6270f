package io.migpool.extender.placement;

import org.jspecify.annotations.Nullable;

/** Bounds the work of a search by counting its steps, so that it ends the same on every machine. Not thread-safe. */
final class StepLimit {

    private final int most;
    private final @Nullable StepLimit whole;
    private int taken;

    StepLimit(int most) {
        this(most, null);
    }

    private StepLimit(int most, @Nullable StepLimit whole) {
        this.most = most;
        this.whole = whole;
    }

    /** Returns a limit for a part of the work; its steps count towards this limit too. */
    StepLimit within(int most) {
        return new StepLimit(most, this);
    }

    /** Counts one more step and returns whether it may be taken. */
    boolean step() {
        taken++;
        return (whole == null || whole.step()) && taken <= most;
    }

    /** Returns the number of steps that were asked for. */
    int taken() {
        return taken;
    }

    /** Returns whether a step was refused. */
    boolean exceeded() {
        return taken > most || (whole != null && whole.exceeded());
    }
}
