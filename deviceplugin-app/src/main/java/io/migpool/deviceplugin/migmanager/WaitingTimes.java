package io.migpool.deviceplugin.migmanager;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long one attempt has waited, by reason. Used by one thread. */
final class WaitingTimes {

    private final Map<WaitReason, Duration> waited = new EnumMap<>(WaitReason.class);
    private Instant counted;
    private @Nullable WaitReason last;

    /**
     * @param begun when the attempt began
     */
    WaitingTimes(Instant begun) {
        this.counted = begun;
    }

    /**
     * Records that something is still waited for; the time since the last call counts for what was waited for then.
     *
     * @return the total time for which it has been waited for
     */
    Duration waiting(WaitReason reason, Instant now) {
        WaitReason until = last == null ? reason : last;
        waited.merge(until, Duration.between(counted, now), Duration::plus);
        counted = now;
        last = reason;
        return waited.getOrDefault(reason, Duration.ZERO);
    }
}
