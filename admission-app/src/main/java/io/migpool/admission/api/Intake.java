package io.migpool.admission.api;

import io.migpool.admission.AdmissionSettings;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.review.ReviewAnswer;
import io.migpool.admission.review.ReviewAnswer.Outcome;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;

/**
 * Reads bodies with a bound on the memory that they use at once, whoever sends them. Small bodies are always read; the
 * server bounds their number. A large one occupies one of a few places until it is answered, and must arrive in time.
 * Only a few are parsed into trees at a time, and a body waits for that only once it has been read, so that a slow
 * sender cannot hold up others.
 */
@ApplicationScoped
class Intake {

    /** Half of the webhook's time-out in the manifests. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Ten times the size of an ordinary pod. */
    static final int SMALL_BYTES = 128 * 1024;

    static final int LARGE_PLACES = 4;
    private static final int TREES = 8;
    private static final int LATE = -1;

    private final AdmissionReviewer reviewer;
    private final int limitBytes;
    private final Duration patience;
    private final LongSupplier nanoTime;
    private final Semaphore large = new Semaphore(LARGE_PLACES, true);
    private final Semaphore trees = new Semaphore(TREES, true);

    @Inject
    Intake(AdmissionReviewer reviewer, AdmissionSettings settings) {
        this(reviewer, settings.maxBodyBytes(), PATIENCE, System::nanoTime);
    }

    /**
     * Creates an empty intake.
     *
     * @param reviewer reviews each body
     * @param limitBytes size limit of a body; larger ones are not reviewed
     * @param patience how long a large body waits for its place, and then how long it may take to arrive; together, the
     *     time that the API server waits for an answer
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    Intake(AdmissionReviewer reviewer, int limitBytes, Duration patience, LongSupplier nanoTime) {
        this.reviewer = reviewer;
        this.limitBytes = limitBytes;
        this.patience = patience;
        this.nanoTime = nanoTime;
    }

    /**
     * Reads and reviews one body.
     *
     * @param stream the body; read to its end, because a client that is still writing would not see the answer
     * @param measured receives the outcome and the nanoseconds since the body arrived
     */
    ReviewAnswer answer(InputStream stream, ObjLongConsumer<Outcome> measured) throws IOException {
        Supplier<ReviewAnswer> refusal = reviewer::refuseCrowded;
        byte[] head = stream.readNBytes(SMALL_BYTES);
        if (head.length < SMALL_BYTES) {
            return measure(() -> review(head, head.length), measured);
        }
        if (placeFound()) {
            try {
                byte[] body = Arrays.copyOf(head, Math.max(limitBytes + 1, head.length));
                int length = read(stream, body, head.length);
                if (length >= 0 && length <= limitBytes) {
                    return measure(() -> review(body, length), measured);
                }
                refusal = length < 0 ? refusal : this::oversized;
            } finally {
                large.release();
            }
        }
        stream.transferTo(OutputStream.nullOutputStream());
        return measure(refusal, measured);
    }

    private boolean placeFound() {
        try {
            return large.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Fills the body from the stream; returns its length, or {@link #LATE}. */
    private int read(InputStream stream, byte[] body, int from) throws IOException {
        long start = nanoTime.getAsLong();
        int length = from;
        while (length < body.length) {
            int more = stream.read(body, length, body.length - length);
            if (more < 0) {
                return length;
            }
            length += more;
            if (nanoTime.getAsLong() - start > patience.toNanos()) {
                return LATE;
            }
        }
        return length;
    }

    private ReviewAnswer review(byte[] body, int length) {
        if (length > limitBytes) {
            return oversized();
        }
        trees.acquireUninterruptibly();
        try {
            return reviewer.review(body, length);
        } finally {
            trees.release();
        }
    }

    private ReviewAnswer oversized() {
        return reviewer.refuseOversized(limitBytes);
    }

    private ReviewAnswer measure(Supplier<ReviewAnswer> answering, ObjLongConsumer<Outcome> measured) {
        long start = nanoTime.getAsLong();
        ReviewAnswer answer = answering.get();
        measured.accept(answer.outcome(), nanoTime.getAsLong() - start);
        return answer;
    }
}
