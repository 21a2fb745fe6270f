package io.migpool.deviceplugin.rehearsal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Simulates container starts in isolation while the agent starts, so that the JVM has loaded and compiled what the
 * first real start needs. It touches nothing outside a temporary directory, and is not logged or counted as a start. It
 * delays the agent only for a moment: a rehearsal that fails or takes long just means a slower first start.
 */
public final class Rehearsal implements AutoCloseable {

    /** How long the rest of the agent, once it is ready, waits for the rehearsal. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

    private static final Duration LONGEST_END = Duration.ofSeconds(5);

    private static final System.Logger LOG = System.getLogger(Rehearsal.class.getName());
    private static final int ROUNDS = 10;

    private final Path parent;
    private final InstantSource clock;
    private final Thread thread;
    private volatile boolean over;

    private Rehearsal(Path parent, InstantSource clock) {
        this.parent = parent;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("rehearsal").unstarted(this::play);
    }

    /**
     * Starts the rehearsal; returns immediately.
     *
     * @param parent directory in which its own directory is created, and removed at the end
     */
    public static Rehearsal start(Path parent, InstantSource clock) {
        Rehearsal rehearsal = new Rehearsal(parent, clock);
        rehearsal.thread.start();
        return rehearsal;
    }

    private void play() {
        try (Stage stage = Stage.build(parent, clock)) {
            int round = 0;
            do {
                stage.play(round);
                round++;
            } while (round < ROUNDS && !over);
            LOG.log(Level.DEBUG, "rehearsed {0} rounds", round);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.DEBUG, "no rehearsal; the first container starts a little slower", e);
        }
    }

    /** Waits until it has ended, for at most half a second; after that it ends with the present round. */
    public void await() {
        try {
            if (!thread.join(LONGEST_WAIT)) {
                LOG.log(Level.DEBUG, "the agent continues before its rehearsal is over");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        over = true;
    }

    /** Ends it after the present round. */
    @Override
    public void close() {
        over = true;
        try {
            if (!thread.join(LONGEST_END)) {
                LOG.log(Level.DEBUG, "the rehearsal hangs; it ends with the process");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
