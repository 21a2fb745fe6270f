package io.migpool.deviceplugin.cluster;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.contracts.wire.EventNote;
import io.migpool.runtime.kubernetes.ApiServerClient;
import io.migpool.runtime.time.SteadyClock;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * {@link Events} as {@code events.k8s.io/v1}, sent by one virtual thread; the same text about the same object at most
 * once a minute. If the API server is unavailable, sending is retried for most of that minute.
 */
final class KubernetesEvents implements Events, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(KubernetesEvents.class.getName());
    private static final String CONTROLLER = "migpool.io/device-plugin";
    private static final String WARNING = "Warning";
    private static final int MOST_WAITING = 256;
    private static final int MOST_REMEMBERED = 512;
    /** About 50 s, with pauses that grow from 0.1 s to 3.2 s. */
    private static final int REPEATS = 20;

    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final Duration REPEAT_AFTER = Duration.ofMinutes(1);
    private static final DateTimeFormatter MICRO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final String nodeName;
    private final InstantSource wall;
    private final InstantSource steady;
    private final BlockingQueue<Told> queue = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread thread = Thread.ofVirtual().name("events").unstarted(this::run);

    private record Told(ObjectReference regarding, String type, String reason, String note) {}

    KubernetesEvents(KubernetesClient client, String nodeName, InstantSource wall) {
        this.client = ApiServerClient.repeating(client, REQUEST, REPEATS);
        this.nodeName = nodeName;
        this.wall = wall;
        this.steady = new SteadyClock(wall, System::nanoTime);
    }

    void start() {
        thread.start();
    }

    @Override
    public void warnPod(PodRef pod, String reason, String note) {
        offer(new Told(
                new ObjectReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withNamespace(pod.namespace())
                        .withName(pod.name())
                        .withUid(pod.uid().orElse(null))
                        .build(),
                WARNING,
                reason,
                note));
    }

    @Override
    public void warnNode(String reason, String note) {
        offer(new Told(thisNode(), WARNING, reason, note));
    }

    @Override
    public void noteNode(String reason, String note) {
        offer(new Told(thisNode(), "Normal", reason, note));
    }

    /** Returns a reference to this node, with its name in place of its uid, as kubelet does it. */
    private ObjectReference thisNode() {
        return new ObjectReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(nodeName)
                .withUid(nodeName)
                .build();
    }

    private void offer(Told told) {
        if (!queue.offer(told)) {
            leftOut(told);
        }
    }

    private static void leftOut(Told told) {
        LOG.log(Level.WARNING, "Event dropped: {0} {1}", told.reason(), told.note());
    }

    private void run() {
        Map<Told, Instant> sent = new LinkedHashMap<>();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Told told = queue.take();
                Instant now = steady.instant();
                sent.values().removeIf(at -> Duration.between(at, now).compareTo(REPEAT_AFTER) > 0);
                if (sent.containsKey(told)) {
                    continue;
                }
                if (sent.size() < MOST_REMEMBERED) {
                    sent.put(told, now);
                    sendGuarded(told);
                } else {
                    leftOut(told);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sendGuarded(Told told) {
        try {
            send(told);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Event " + told.reason() + " failed unexpectedly", e);
        }
    }

    private void send(Told told) {
        String namespace = told.regarding().getNamespace() == null
                ? "default"
                : told.regarding().getNamespace();
        try {
            client.events()
                    .v1()
                    .events()
                    .inNamespace(namespace)
                    .resource(new EventBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withGenerateName(told.regarding().getName() + ".")
                            .endMetadata()
                            .withEventTime(new MicroTime(MICRO_TIME.format(wall.instant())))
                            .withReportingController(CONTROLLER)
                            .withReportingInstance(nodeName)
                            .withType(told.type())
                            .withAction("Prepare")
                            .withReason(told.reason())
                            .withNote(EventNote.of(told.note()))
                            .withRegarding(told.regarding())
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            LOG.log(Level.WARNING, "Event {0} was not accepted: {1}", told.reason(), e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
