package io.migpool.runtime.event;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.runtime.kubernetes.ApiServerClient;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code events.k8s.io/v1} Events. A write that the API server cannot take now is retried for about a minute.
 */
final class ApiServerEvents implements EventSink {

    private static final System.Logger LOG = System.getLogger(ApiServerEvents.class.getName());
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX").withZone(ZoneOffset.UTC);
    /** Where Kubernetes keeps the Events of objects without a namespace. */
    private static final String NAMESPACE_OF_THE_OTHERS = "default";
    /** About 50 s in all, with pauses that grow from 0.1 s to 3.2 s. */
    private static final int REPEATS = 20;

    private static final Duration REQUEST = Duration.ofSeconds(5);

    /** The API server refuses Events whose reporting instance is longer; a node's name may have 253 characters. */
    private static final int LONGEST_INSTANCE = 128;

    private final KubernetesClient client;
    private final String controller;
    private final String instance;

    /**
     * @param controller the application
     * @param instance name of this process among those of the application
     */
    ApiServerEvents(KubernetesClient client, String controller, String instance) {
        this.client = ApiServerClient.repeating(client, REQUEST, REPEATS);
        this.controller = controller;
        this.instance = instance.substring(0, Math.min(instance.length(), LONGEST_INSTANCE));
    }

    @Override
    public void write(EventNotice notice, Instant at) {
        EventSubject subject = notice.subject();
        String namespace = subject.namespace().isEmpty() ? NAMESPACE_OF_THE_OTHERS : subject.namespace();
        Event event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withGenerateName(subject.name() + ".")
                .endMetadata()
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind(subject.kind())
                        .withNamespace(nullIfEmpty(subject.namespace()))
                        .withName(subject.name())
                        .withUid(nullIfEmpty(subject.uid()))
                        .build())
                .withType(notice.severity().type())
                .withReason(notice.reason())
                .withAction(notice.action())
                .withNote(notice.note())
                .withEventTime(new MicroTime(MICROSECONDS.format(at)))
                .withReportingController(controller)
                .withReportingInstance(instance)
                .build();
        try {
            client.resource(event).inNamespace(namespace).create();
        } catch (KubernetesClientException e) {
            LOG.log(Level.WARNING, "cannot write an Event for {0}: {1}", subject, e.getMessage());
        }
    }

    private static @Nullable String nullIfEmpty(String text) {
        return text.isEmpty() ? null : text;
    }
}
