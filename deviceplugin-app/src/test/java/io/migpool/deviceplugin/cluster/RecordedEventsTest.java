package io.migpool.deviceplugin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.runtime.event.EventNotice;
import io.migpool.runtime.event.EventRecorder;
import io.migpool.runtime.event.EventSeverity;
import io.migpool.runtime.event.EventSubject;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What the agent's Events are about. */
class RecordedEventsTest {

    private static final EventSubject NODE = new EventSubject("Node", "", "node-a", "node-a");

    @Test
    void eventsAreAboutAPodOrThisNode() {
        List<EventNotice> written = new CopyOnWriteArrayList<>();
        InstantSource clock = InstantSource.system();
        try (EventRecorder recorder = new EventRecorder((notice, at) -> written.add(notice), clock, clock)) {
            Events events = new RecordedEvents(recorder, "node-a");
            events.warnPod(new Events.PodRef("ns", "p", Optional.of("uid")), "PlacementMoved", "known");
            events.warnPod(new Events.PodRef("ns", "p", Optional.empty()), "PlacementMoved", "unknown");
            events.warnNode("GpuUnhealthy", "sick");
            events.noteNode("GpuHealthy", "well");

            await().until(() -> written.size() == 4);
        }
        assertThat(written)
                .containsExactly(
                        notice(
                                new EventSubject("Pod", "ns", "p", "uid"),
                                EventSeverity.WARNING,
                                "PlacementMoved",
                                "known"),
                        notice(
                                new EventSubject("Pod", "ns", "p", ""),
                                EventSeverity.WARNING,
                                "PlacementMoved",
                                "unknown"),
                        notice(NODE, EventSeverity.WARNING, "GpuUnhealthy", "sick"),
                        notice(NODE, EventSeverity.NORMAL, "GpuHealthy", "well"));
    }

    private static EventNotice notice(EventSubject subject, EventSeverity severity, String reason, String note) {
        return new EventNotice(subject, severity, reason, "Prepare", note);
    }
}
