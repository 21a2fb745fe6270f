package io.migpool.runtime.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopTest {

    @Test
    void restsBetweenStepsHoweverOftenItIsWoken() {
        Duration least = Duration.ofMillis(50);
        AtomicInteger steps = new AtomicInteger();
        long begin = System.nanoTime();
        long took;
        int made;
        try (Loop loop = Loop.ofDriverCalls("test", Duration.ofHours(1), least, () -> {
            steps.incrementAndGet();
            return Loop.Next.AFTER_PAUSE;
        })) {
            loop.start();
            await().until(() -> {
                for (int i = 0; i < 1_000; i++) {
                    loop.wake();
                }
                return steps.get() >= 5;
            });
            made = steps.get();
            took = System.nanoTime() - begin;
        }
        assertThat(made - 1).isLessThanOrEqualTo((int) (took / least.toNanos()));
    }

    @Test
    void retriesAStepThatIsNotDoneWithoutWaitingForThePause() {
        AtomicInteger steps = new AtomicInteger();
        try (Loop loop = Loop.of(
                "test",
                Duration.ofHours(1),
                () -> steps.incrementAndGet() < 3 ? Loop.Next.RETRY_SOON : Loop.Next.AFTER_PAUSE)) {
            loop.start();
            await().until(() -> steps.get() == 3);
        }
    }

    @Test
    void goesOnAfterAStepThatEndedInAnError() {
        AtomicInteger steps = new AtomicInteger();
        try (Loop loop = Loop.ofDriverCalls("test", Duration.ofMillis(10), () -> {
            if (steps.incrementAndGet() == 1) {
                throw new NoClassDefFoundError("com/sun/security/auth/module/UnixSystem");
            }
            return Loop.Next.AFTER_PAUSE;
        })) {
            loop.start();
            await().until(() -> steps.get() > 1);
        }
    }
}
