package io.migpool.extender.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.extender.cluster.PodKey;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What is told, and what is kept back. */
class PodEventsTest {

    private static final PodKey POD = new PodKey("uid", "ns", "p");

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final List<PodEvents.PodEvent> written = new CopyOnWriteArrayList<>();

    @Test
    void theSameWordsAreToldOnceAMinute() {
        try (PodEvents events = new PodEvents(written::add, "me", now::get)) {
            events.refused(POD, "no room");
            events.refused(POD, "no room");
            now.set(Instant.EPOCH.plusSeconds(59));
            events.refused(POD, "no room");
            events.refused(POD, "GPU is unhealthy");
            now.set(Instant.EPOCH.plusSeconds(120));
            events.refused(POD, "GPU is unhealthy");
            await().until(() -> written.size() == 3);
        }
        assertThat(written)
                .extracting(PodEvents.PodEvent::note)
                .containsExactly("no room", "GPU is unhealthy", "GPU is unhealthy");
        assertThat(written).allSatisfy(event -> assertThat(event.warning()).isTrue());
    }

    @Test
    void aNoteIsNoLongerThanKubernetesAllows() {
        try (PodEvents events = new PodEvents(written::add, "me", now::get)) {
            events.refused(POD, "x".repeat(5000));
            await().until(() -> written.size() == 1);
        }
        assertThat(written.getFirst().note()).hasSize(1024);
    }

    @Test
    void schedulingDoesNotWaitForASlowServer() {
        CountDownLatch stuck = new CountDownLatch(1);
        try (PodEvents events = new PodEvents(event -> stuck.await(), "me", now::get)) {
            for (int i = 0; i < 5000; i++) {
                events.refused(POD, "reason " + i);
            }
        }
        assertThat(stuck.getCount()).isEqualTo(1);
    }
}
