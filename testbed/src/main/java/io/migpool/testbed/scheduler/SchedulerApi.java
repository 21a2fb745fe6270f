package io.migpool.testbed.scheduler;

import com.fasterxml.jackson.databind.node.NullNode;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The scheduler's writes: bindings, conditions and nominations of pods, events, deletions of victims. */
final class SchedulerApi {

    private static final Logger LOG = System.getLogger(SchedulerApi.class.getName());
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int NOTE_LIMIT = 1024;

    private final KubernetesClient client;
    private final InstantSource clock;
    private final String instance = "scheduler-" + UUID.randomUUID().toString().substring(0, 8);

    SchedulerApi(KubernetesClient client, InstantSource clock) {
        this.client = client;
        this.clock = clock;
    }

    /**
     * Reads how the API server authenticates clients, which kube-scheduler does for its own endpoints; like there, a refusal
     * is only logged.
     */
    void lookUpAuthentication() {
        try {
            var _ = client.configMaps()
                    .inNamespace("kube-system")
                    .withName("extension-apiserver-authentication")
                    .get();
        } catch (KubernetesClientException refused) {
            LOG.log(Level.WARNING, "The authentication settings cannot be read: {0}", refused.getMessage());
        }
    }

    /** Binds the pod without an extender. */
    void bind(PodInfo pod, String node) {
        var binding = new BindingBuilder()
                .withNewMetadata()
                .withNamespace(pod.namespace())
                .withName(pod.name())
                .withUid(pod.uid())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build();
        client.raw("/api/v1/namespaces/%s/pods/%s/binding".formatted(pod.namespace(), pod.name()), "POST", binding);
    }

    /** Writes {@code PodScheduled=False} and the nominated node (empty for none), unless the pod has them already. */
    void unscheduled(Pod pod, String reason, String message, String nominatedNode) {
        var status = new LinkedHashMap<String, Object>();
        var known = condition(pod);
        if (known.isEmpty()
                || !reason.equals(known.get().getReason())
                || !message.equals(known.get().getMessage())) {
            var conditions = new ArrayList<PodCondition>();
            if (pod.getStatus() != null) {
                pod.getStatus().getConditions().stream()
                        .filter(condition -> !"PodScheduled".equals(condition.getType()))
                        .forEach(conditions::add);
            }
            conditions.add(new PodConditionBuilder()
                    .withType("PodScheduled")
                    .withStatus("False")
                    .withReason(reason)
                    .withMessage(message)
                    .withLastTransitionTime(
                            known.map(PodCondition::getLastTransitionTime).orElseGet(() -> clock.instant()
                                    .truncatedTo(ChronoUnit.SECONDS)
                                    .toString()))
                    .build());
            status.put("conditions", conditions);
        }
        if (!nominatedNode.equals(nominatedNode(pod))) {
            // Null in a merge patch removes the field.
            status.put("nominatedNodeName", nominatedNode.isEmpty() ? NullNode.getInstance() : nominatedNode);
        }
        if (status.isEmpty()) {
            return;
        }
        var patch = Map.of("metadata", Map.of("uid", pod.getMetadata().getUid()), "status", status);
        try {
            client.pods()
                    .resource(pod)
                    .subresource("status")
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            client.getKubernetesSerialization().asJson(patch));
        } catch (KubernetesClientException refused) {
            LOG.log(
                    Level.DEBUG,
                    "Condition of pod {0} was not written: {1}",
                    pod.getMetadata().getName(),
                    refused.getMessage());
        }
    }

    private static String nominatedNode(Pod pod) {
        return pod.getStatus() == null
                ? ""
                : Objects.requireNonNullElse(pod.getStatus().getNominatedNodeName(), "");
    }

    /** Marks a pod as a victim of preemption and deletes it, with its own grace period. */
    void evict(PodInfo victim, String schedulerName) {
        var disrupted = new PodConditionBuilder()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("PreemptionByScheduler")
                .withMessage(schedulerName + ": preempting to accommodate a higher priority pod")
                .withLastTransitionTime(
                        clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
                .build();
        client.pods()
                .resource(victim.pod())
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.STRATEGIC_MERGE),
                        client.getKubernetesSerialization()
                                .asJson(Map.of("status", Map.of("conditions", List.of(disrupted)))));
        client.pods().inNamespace(victim.namespace()).withName(victim.name()).delete();
    }

    /** Records an event; a failure is only logged, because nothing depends on it. */
    void event(Pod pod, String type, String reason, String action, String note) {
        var metadata = pod.getMetadata();
        var event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(metadata.getNamespace())
                .withName(
                        metadata.getName() + "." + UUID.randomUUID().toString().substring(0, 13))
                .endMetadata()
                .withEventTime(new MicroTime(MICROSECONDS.format(clock.instant())))
                .withReportingController(pod.getSpec().getSchedulerName())
                .withReportingInstance(instance)
                .withType(type)
                .withReason(reason)
                .withAction(action)
                .withNote(note.length() <= NOTE_LIMIT ? note : note.substring(0, NOTE_LIMIT))
                .withNewRegarding()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .endRegarding()
                .build();
        try {
            client.events()
                    .v1()
                    .events()
                    .inNamespace(metadata.getNamespace())
                    .resource(event)
                    .create();
        } catch (KubernetesClientException refused) {
            LOG.log(
                    Level.DEBUG,
                    "Event {0} of pod {1} was not written: {2}",
                    reason,
                    metadata.getName(),
                    refused.getMessage());
        }
    }

    private static Optional<PodCondition> condition(Pod pod) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        return pod.getStatus().getConditions().stream()
                .filter(condition -> "PodScheduled".equals(condition.getType()))
                .findFirst();
    }
}
