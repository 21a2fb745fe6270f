package io.migpool.deviceplugin.migmanager;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * The limits of waiting.
 *
 * @param clients how long to wait for paused clients to be gone, in all of one attempt
 * @param users how long to wait for users of instances that have to go, in all of one attempt; as long for a
 *     reboot, and for answers
 * @param firstRetry the pause after the first failure; doubled with each further one
 * @param longestRetry the longest pause between attempts
 */
public record Patience(Duration clients, Duration users, Duration firstRetry, Duration longestRetry) {

    Duration with(WaitReason reason) {
        return switch (reason) {
            case CLIENTS -> clients;
            case RESTART -> ChronoUnit.FOREVER.getDuration();
            case USERS, REBOOT, ANSWERS -> users;
        };
    }

    Duration beforeRetry(int failures) {
        Duration pause = firstRetry;
        for (int i = 1; i < failures && pause.compareTo(longestRetry) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(longestRetry) < 0 ? pause : longestRetry;
    }
}
