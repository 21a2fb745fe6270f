package io.migpool.extender.observe;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.extender.cluster.PodKey;
import java.lang.System.Logger.Level;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;

/** Writes {@code events.k8s.io/v1} Events. */
public final class ApiServerEvents implements EventSink {

    private static final System.Logger LOG = System.getLogger(ApiServerEvents.class.getName());
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX").withZone(ZoneOffset.UTC);
    private static final String CONTROLLER = "migpool.io/extender";

    private final KubernetesClient client;

    public ApiServerEvents(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public void write(PodEvents.PodEvent event) {
        PodKey pod = event.pod();
        Event object = new EventBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withName(pod.name() + "." + UUID.randomUUID())
                .endMetadata()
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withNamespace(pod.namespace())
                        .withName(pod.name())
                        .withUid(pod.uid())
                        .build())
                .withType(event.warning() ? "Warning" : "Normal")
                .withReason(event.reason())
                .withAction(event.action())
                .withNote(event.note())
                .withEventTime(new MicroTime(MICROSECONDS.format(event.at())))
                .withReportingController(CONTROLLER)
                .withReportingInstance(event.reporter())
                .build();
        try {
            client.resource(object).inNamespace(pod.namespace()).create();
        } catch (KubernetesClientException e) {
            LOG.log(Level.DEBUG, "no event could be written for {0}: {1}", pod, e.getMessage());
        }
    }
}
