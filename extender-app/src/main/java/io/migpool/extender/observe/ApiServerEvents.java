package io.migpool.extender.observe;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.runtime.kubernetes.ApiServerClient;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes {@code events.k8s.io/v1} Events. A write that the API server cannot take now is retried for about a minute. */
public final class ApiServerEvents implements EventSink {

    private static final System.Logger LOG = System.getLogger(ApiServerEvents.class.getName());
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX").withZone(ZoneOffset.UTC);
    private static final String CONTROLLER = "migpool.io/extender";
    /** About 50 s in all, with pauses that grow from 0.1 s to 3.2 s. */
    private static final int REPEATS = 20;

    private static final Duration REQUEST = Duration.ofSeconds(5);

    private final KubernetesClient client;
    private final String reporter;

    /**
     * @param reporter name of this replica
     */
    public ApiServerEvents(KubernetesClient client, String reporter) {
        this.client = ApiServerClient.repeating(client, REQUEST, REPEATS);
        this.reporter = reporter;
    }

    @Override
    public void write(Notice notice) {
        Subject subject = notice.subject();
        Event object = new EventBuilder()
                .withNewMetadata()
                .withNamespace(subject.namespace())
                .withGenerateName(subject.name() + ".")
                .endMetadata()
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind(subject.kind())
                        .withNamespace(subject.namespace())
                        .withName(subject.name())
                        .withUid(subject.uid().isEmpty() ? null : subject.uid())
                        .build())
                .withType(notice.warning() ? "Warning" : "Normal")
                .withReason(notice.reason())
                .withAction(notice.action())
                .withNote(notice.note())
                .withEventTime(new MicroTime(MICROSECONDS.format(notice.at())))
                .withReportingController(CONTROLLER)
                .withReportingInstance(reporter)
                .build();
        try {
            client.resource(object).inNamespace(subject.namespace()).create();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "cannot write an Event for {0}: {1}", subject, e.getMessage());
        }
    }
}
