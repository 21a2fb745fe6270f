package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the API server does with Events, as far as the applications rely on it. */
@ExtendWith(Subject.Provider.class)
class EventConformanceTest {

    @Test
    void anEventOfTheNewApiIsSeenThroughTheOldOne(Subject subject) {
        subject.client().resource(event(subject, "short")).create();

        var seen = subject.client()
                .v1()
                .events()
                .inNamespace(subject.namespace())
                .withName("e")
                .get();
        assertThat(seen.getMessage()).isEqualTo("short");
        assertThat(seen.getInvolvedObject().getName()).isEqualTo("p");
        assertThat(seen.getReason()).isEqualTo("Cut");
    }

    @Test
    void theNoteOfAnEventIsAtMostAKibibyte(Subject subject) {
        subject.client().resource(event(subject, "ü".repeat(512))).create();
        subject.client().resource(event(subject, "")).delete();

        assertRefused(
                () -> subject.client().resource(event(subject, "ü".repeat(513))).create(),
                422,
                "Invalid",
                "can have at most 1024 characters");
    }

    private static Event event(Subject subject, String note) {
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(subject.namespace())
                .withName("e")
                .endMetadata()
                .withEventTime(new MicroTime("2026-01-01T00:00:00.000000Z"))
                .withReportingController("example.com/test")
                .withReportingInstance("test")
                .withType("Normal")
                .withReason("Cut")
                .withAction("Cutting")
                .withNote(note)
                .withNewRegarding()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(subject.namespace())
                .withName("p")
                .endRegarding()
                .build();
    }
}
