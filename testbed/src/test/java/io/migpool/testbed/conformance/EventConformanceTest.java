package io.migpool.testbed.conformance;

import static io.migpool.testbed.conformance.Refusals.assertInvalid;
import static io.migpool.testbed.conformance.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "eventTime":            | "none":                 | eventTime           | Required |
            "reportingController":  | "none":                 | reportingController | Required |
            "example.com/test"      | "example.com/a b"       | reportingController | Invalid  | alphanumeric characters
            "reportingInstance":    | "none":                 | reportingInstance   | Required |
            "action":               | "none":                 | action              | Required |
            "reason":               | "none":                 | reason              | Required |
            "Normal"                | "Error"                 | type                | Invalid  | has invalid value
            "type":                 | "deprecatedCount": 2, "type": | count         | Invalid  | needs to be unset
            "type":                 | "deprecatedSource": {"component": "a"}, "type": | source | Invalid | needs to be unset
            "namespace": "NAME", "name": "p" | "name": "p"    | involvedObject.namespace | Invalid | does not match event.namespace
            """)
    void anIncompleteEventIsRefused(
            String right, String wrong, String field, String reason, @Nullable String text, Subject subject) {
        String event = """
                {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "NAME"}, \
                "eventTime": "2026-01-01T00:00:00.000000Z", "reportingController": "example.com/test", \
                "reportingInstance": "test", "type": "Normal", "reason": "Cut", "action": "Cutting", "note": "done", \
                "regarding": {"apiVersion": "v1", "kind": "Pod", "namespace": "NAME", "name": "p"}}\
                """;
        assertThat(event).contains(right);
        assertInvalid(
                () -> subject.client()
                        .raw(
                                "/apis/events.k8s.io/v1/namespaces/%s/events".formatted(subject.namespace()),
                                "POST",
                                event.replace(right, wrong).replace("NAME", subject.namespace())),
                field,
                "FieldValue" + reason,
                text == null ? "" : text);
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
