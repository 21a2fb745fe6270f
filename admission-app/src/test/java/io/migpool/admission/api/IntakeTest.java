package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.review.ReviewAnswer;
import io.migpool.admission.review.ReviewPolicy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many bodies at once, and slow ones. */
class IntakeTest {

    private static final int LIMIT_BYTES = 1024 * 1024;

    private final AdmissionReviewer reviewer = new AdmissionReviewer(() -> Optional.of(ReviewPolicy.DEFAULT));
    private final List<ReviewAnswer.Outcome> measured = new ArrayList<>();

    @Test
    void onlySoManyLargeBodiesAreHeldAtOnceAndSmallOnesPassThem() throws Exception {
        Intake intake = new Intake(reviewer, LIMIT_BYTES, Duration.ofMillis(1), () -> 0);
        CountDownLatch rest = new CountDownLatch(1);
        AtomicInteger waiting = new AtomicInteger();
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ReviewAnswer>> stalled = new ArrayList<>();
            for (int i = 0; i < Intake.LARGE_PLACES; i++) {
                InputStream body = new SequenceInputStream(
                        new ByteArrayInputStream(review(Intake.SMALL_BYTES)), new Stalled(rest, waiting));
                stalled.add(senders.submit(() -> intake.answer(body, (outcome, nanoseconds) -> {})));
            }
            try {
                await().until(() -> waiting.get() == Intake.LARGE_PLACES);

                InputStream oneMore = new ByteArrayInputStream(review(Intake.SMALL_BYTES + 1));
                assertThat(answer(intake, oneMore).httpStatus()).isEqualTo(503);
                assertThat(oneMore.available()).as("what is left of it").isZero();
                assertThat(answer(intake, new ByteArrayInputStream(review(Intake.SMALL_BYTES - 1)))
                                .httpStatus())
                        .isEqualTo(200);
            } finally {
                rest.countDown();
            }
            for (Future<ReviewAnswer> one : stalled) {
                assertThat(one.get().httpStatus()).isEqualTo(200);
            }
        }
        assertThat(answer(intake, new ByteArrayInputStream(review(LIMIT_BYTES))).httpStatus())
                .isEqualTo(200);
        assertThat(measured)
                .containsExactly(
                        ReviewAnswer.Outcome.UNDECIDED, ReviewAnswer.Outcome.UNTOUCHED, ReviewAnswer.Outcome.UNTOUCHED);
    }

    @Test
    void aLargeBodyThatDripsInLosesItsPlace() throws Exception {
        AtomicLong seconds = new AtomicLong();
        Intake intake = new Intake(reviewer, LIMIT_BYTES, Duration.ofSeconds(5), () -> Duration.ofSeconds(seconds.get())
                .toNanos());
        byte[] body = review(Intake.SMALL_BYTES + 8);
        InputStream dripping = new ByteArrayInputStream(body) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                if (pos < Intake.SMALL_BYTES) {
                    return super.read(into, offset, Math.min(length, Intake.SMALL_BYTES - pos));
                }
                seconds.incrementAndGet();
                return super.read(into, offset, Math.min(length, 1));
            }
        };

        assertThat(answer(intake, dripping).httpStatus()).isEqualTo(503);

        assertThat(answer(intake, new ByteArrayInputStream(body)).httpStatus()).isEqualTo(200);
    }

    @Test
    void theLimitIsTheLastSizeThatIsRead() throws Exception {
        for (int limit : new int[] {1_000, Intake.SMALL_BYTES - 1, Intake.SMALL_BYTES, LIMIT_BYTES}) {
            Intake intake = new Intake(reviewer, limit, Duration.ofMinutes(1), () -> 0);
            InputStream more = new ByteArrayInputStream(review(limit + 100_000));

            assertThat(answer(intake, new ByteArrayInputStream(review(limit))).httpStatus())
                    .isEqualTo(200);
            assertThat(answer(intake, new ByteArrayInputStream(review(limit + 1)))
                            .httpStatus())
                    .isEqualTo(413);
            assertThat(answer(intake, more).httpStatus()).isEqualTo(413);
            assertThat(more.available()).as("what is left of it").isZero();
        }
    }

    private ReviewAnswer answer(Intake intake, InputStream body) throws IOException {
        return intake.answer(body, (outcome, nanoseconds) -> measured.add(outcome));
    }

    /** Returns a review of an unrelated object, padded with spaces. */
    private static byte[] review(int bytes) {
        byte[] review =
                "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}}"
                        .getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(review, bytes);
        Arrays.fill(body, review.length, bytes, (byte) ' ');
        return body;
    }

    /** A stream that ends when the test lets it. */
    private static final class Stalled extends InputStream {
        private final CountDownLatch end;
        private final AtomicInteger waiting;

        Stalled(CountDownLatch end, AtomicInteger waiting) {
            this.end = end;
            this.waiting = waiting;
        }

        @Override
        public int read() throws IOException {
            waiting.incrementAndGet();
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new UncheckedIOException(new IOException(e));
            }
            return -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return read();
        }
    }
}
