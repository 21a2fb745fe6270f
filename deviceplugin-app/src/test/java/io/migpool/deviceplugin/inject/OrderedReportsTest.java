package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Telling in order, while whoever has something to tell goes on. */
class OrderedReportsTest {

    /** More than may wait. */
    private static final int MANY = 3000;

    private final List<Integer> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);

    private void wait(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void nobodyWaitsForWhatIsTold() {
        try (OrderedReports telling = new OrderedReports()) {
            telling.tell(() -> wait(release));
            telling.tell(() -> told.add(1));

            assertThat(told).isEmpty();
            release.countDown();
        }
        assertThat(told).as("the rest is told at the end").containsExactly(1);
    }

    @Test
    void tooManyWaitAndAreToldInOrder() throws Exception {
        try (OrderedReports telling = new OrderedReports()) {
            telling.tell(() -> wait(release));
            Thread teller = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < MANY; i++) {
                    int number = i;
                    telling.tell(() -> told.add(number));
                }
            });
            await().until(() -> teller.getState() == Thread.State.WAITING);
            release.countDown();
            teller.join();
        }
        assertThat(told)
                .containsExactlyElementsOf(IntStream.range(0, MANY).boxed().toList());
    }

    @Test
    void whatComesAfterTheEndIsToldToo() {
        OrderedReports telling = new OrderedReports();
        telling.tell(() -> told.add(1));
        telling.close();

        telling.tell(() -> told.add(2));

        assertThat(told).containsExactly(1, 2);
    }

    @Test
    void whoIsInterruptedWhileTooManyWaitTellsItself() throws Exception {
        try (OrderedReports telling = new OrderedReports()) {
            telling.tell(() -> wait(release));
            Thread teller = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < MANY && !Thread.currentThread().isInterrupted(); i++) {
                    int number = i;
                    telling.tell(() -> told.add(number));
                }
            });
            await().until(() -> teller.getState() == Thread.State.WAITING);
            teller.interrupt();
            teller.join();

            assertThat(told).hasSize(1);
            release.countDown();
        }
        assertThat(told).hasSizeGreaterThan(1).doesNotHaveDuplicates();
    }
}
