package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Pauses clients that have a former CDI specification where no change does so. Whoever
 * resumes them then has started them again. Used by one thread.
 */
final class ClientRestart {

    private final ClientPause pause;
    private final ChangeJournal journal;
    private final InstantSource clock;
    private final Duration limit;
    private Instant begun = Instant.MAX;

    /**
     * @param limit how long to wait for clients to be gone
     */
    ClientRestart(ClientPause pause, ChangeJournal journal, InstantSource clock, Duration limit) {
        this.pause = pause;
        this.journal = journal;
        this.clock = clock;
        this.limit = limit;
    }

    /** The next {@link #step} is the first one. */
    void forget() {
        begun = Instant.MAX;
    }

    /**
     * Pauses clients that have to start again. If that takes too long, it has failed and is not tried again: each try
     * would end more pods.
     *
     * @param value the label's value for which it is done
     */
    StepResult step(String value) throws UnreachableException {
        String obstacle = journal.load().isForClientsToStartAgain() ? obstacle(value) : "";
        if (obstacle.isEmpty()) {
            forget();
            return new StepResult.Done(List.of());
        }
        Instant time = clock.instant();
        begun = time.isBefore(begun) ? time : begun;
        if (time.isBefore(begun.plus(limit))) {
            return new StepResult.Waits(obstacle, WaitReason.RESTART);
        }
        forget();
        journal.save(journal.load().withClientsGone());
        return new StepResult.Failed("GPU clients may still have the former devices: timed out after %s waiting for %s"
                .formatted(limit, obstacle));
    }

    private String obstacle(String value) {
        try {
            List<String> pods = pause.begin(value);
            return pods.isEmpty() ? "" : "the pods of GPU clients to end: " + String.join(", ", pods);
        } catch (UnreachableException | MigSpecException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
