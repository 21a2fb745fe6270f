package io.migpool.deviceplugin.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many callers, few calls, and no answer older than its question. */
class SharedCallsTest {

    private final SharedCalls<Integer> calls = new SharedCalls<>();
    private final AtomicInteger made = new AtomicInteger();

    @Test
    void callersThatComeWhileACallRunsShareTheNextOne() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> first = callers.submit(() -> calls.share(() -> {
                running.countDown();
                await().until(() -> release.getCount() == 0);
                return made.incrementAndGet();
            }));
            running.await();
            List<Future<Integer>> later = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                later.add(callers.submit(() -> calls.share(made::incrementAndGet)));
            }
            release.countDown();

            assertThat(first.get()).isEqualTo(1);
            for (Future<Integer> each : later) {
                assertThat(each.get()).isGreaterThan(1);
            }
        }
        assertThat(made.get()).isBetween(2, 21);
    }

    @Test
    @Timeout(60)
    void anErrorReachesItsCallersAndNotTheNextOnes() throws Exception {
        assertThatThrownBy(() -> calls.share(() -> {
                    throw new OutOfMemoryError("unable to create native thread");
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unable to create native thread");

        assertThat(calls.share(made::incrementAndGet)).isEqualTo(1);
    }

    @Test
    void aFailureReachesItsCallersAndNotTheNextOnes() throws Exception {
        assertThatThrownBy(() -> calls.share(() -> {
                    throw new IOException("no answer");
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no answer");

        assertThat(calls.share(made::incrementAndGet)).isEqualTo(1);
    }
}
