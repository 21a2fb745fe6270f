package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Kubelet's writes about pods: status, events and the final deletion. */
final class PodApi {

    private static final Logger LOG = System.getLogger(PodApi.class.getName());
    private static final int MESSAGE_LIMIT = 1024;
    private static final int UNPROCESSABLE = 422;

    private final KubernetesClient client;
    private final String nodeName;
    private final InstantSource clock;

    PodApi(KubernetesClient client, String nodeName, InstantSource clock) {
        this.client = client;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /**
     * Writes the status if the pod with this uid still exists.
     *
     * @return the version of the pod with that status; empty if the pod is gone
     * @throws KubernetesClientException if the API server cannot be reached or refuses
     */
    Optional<String> patchStatus(Pod pod, PodStatus status) {
        var metadata = pod.getMetadata();
        var patch = Map.of("metadata", Map.of("uid", metadata.getUid()), "status", status);
        try {
            // Given the object, the client does not read it first.
            var written = client.pods()
                    .resource(named(metadata.getNamespace(), metadata.getName()))
                    .subresource("status")
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            client.getKubernetesSerialization().asJson(patch));
            return Optional.of(written.getMetadata().getResourceVersion());
        } catch (KubernetesClientException refused) {
            requireGone(pod, refused);
            return Optional.empty();
        }
    }

    private static Pod named(String namespace, String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .build();
    }

    /** Deletes the pod with this uid without grace, because its containers have ended. */
    void delete(Pod pod) {
        var metadata = pod.getMetadata();
        var options = new DeleteOptionsBuilder()
                .withGracePeriodSeconds(0L)
                .withNewPreconditions()
                .withUid(metadata.getUid())
                .endPreconditions()
                .build();
        var path = "/api/v1/namespaces/%s/pods/%s".formatted(metadata.getNamespace(), metadata.getName());
        try {
            client.raw(path, "DELETE", options);
        } catch (KubernetesClientException refused) {
            requireGone(pod, refused);
        }
    }

    /**
     * Records an event; a failure is only logged, because nothing depends on it.
     *
     * @param fieldPath the part of the pod that it is about, empty for the whole pod
     */
    void event(Pod pod, String fieldPath, String type, String reason, String message) {
        var metadata = pod.getMetadata();
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        var event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(metadata.getNamespace())
                .withName(
                        metadata.getName() + "." + UUID.randomUUID().toString().substring(0, 13))
                .endMetadata()
                .withNewInvolvedObject()
                .withApiVersion("v1")
                .withKind("Pod")
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .withFieldPath(fieldPath.isEmpty() ? null : fieldPath)
                .endInvolvedObject()
                .withType(type)
                .withReason(reason)
                .withMessage(message.length() <= MESSAGE_LIMIT ? message : message.substring(0, MESSAGE_LIMIT))
                .withCount(1)
                .withFirstTimestamp(now)
                .withLastTimestamp(now)
                .withNewSource()
                .withComponent("kubelet")
                .withHost(nodeName)
                .endSource()
                .withReportingComponent("kubelet")
                .withReportingInstance(nodeName)
                .build();
        try {
            client.v1()
                    .events()
                    .inNamespace(metadata.getNamespace())
                    .resource(event)
                    .create();
        } catch (KubernetesClientException refused) {
            LOG.log(Level.DEBUG, "Event {0} of pod {1} was not written: {2}", reason, metadata.getName(), refused);
        }
    }

    /** Throws the refusal unless its reason is that the pod is gone, or that another has its name. */
    private void requireGone(Pod pod, KubernetesClientException refused) {
        boolean isGone =
                switch (refused.getCode()) {
                    case HttpURLConnection.HTTP_NOT_FOUND -> true;
                    case HttpURLConnection.HTTP_CONFLICT, UNPROCESSABLE -> !exists(pod);
                    default -> false;
                };
        if (!isGone) {
            throw refused;
        }
    }

    private boolean exists(Pod pod) {
        var metadata = pod.getMetadata();
        var there = client.pods()
                .inNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .get();
        return there != null && there.getMetadata().getUid().equals(metadata.getUid());
    }
}
