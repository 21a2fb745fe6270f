package io.migpool.deviceplugin.instance;

import java.time.Duration;
import java.time.Instant;

/**
 * The claim of a pod that is gone while its containers may still run.
 *
 * @param ended when they have ended at the latest
 */
record LeavingClaim(PodClaim claim, Instant ended) {

    /**
     * The longest that containers of a pod that is gone are waited for; what is announced is shorter, unless the clock
     * was put back meanwhile.
     */
    static final Duration LONGEST = Duration.ofMinutes(65);

    /** Returns the same pod with an end that is possible. */
    LeavingClaim plausible(Instant now) {
        Instant latest = now.plus(LONGEST);
        return ended.isAfter(latest) ? new LeavingClaim(claim, latest) : this;
    }
}
