package io.migpool.extender.apiserver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.contracts.wire.Annotations;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.reservation.WakeUpPort;
import io.migpool.runtime.kubernetes.ApiServerClient;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;

/**
 * Wakes a pod by an annotation that says when room was seen: kube-scheduler tries a waiting pod again when its annotations
 * change. Written through {@code pods/status}, which kube-scheduler's own role may patch, so that the account needs no permission
 * to change what pods run.
 */
public final class ApiServerWakeUps implements WakeUpPort {

    private static final System.Logger LOG = System.getLogger(ApiServerWakeUps.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final KubernetesClient client;

    /**
     * @param client the application's client; stays open
     * @param requestTimeout how long one request may take; it is not repeated, because the pod is checked again soon
     */
    public ApiServerWakeUps(KubernetesClient client, Duration requestTimeout) {
        this.client = ApiServerClient.once(client, requestTimeout);
    }

    @Override
    public void wake(PodKey pod, Instant now) {
        ObjectNode patch = JSON.createObjectNode();
        patch.putObject("metadata")
                .put("uid", pod.uid())
                .putObject("annotations")
                .put(Annotations.ROOM_SEEN, now.toString());
        try {
            // With the object at hand, the client does not read it from the server first.
            client.pods()
                    .resource(new PodBuilder()
                            .withNewMetadata()
                            .withNamespace(pod.namespace())
                            .withName(pod.name())
                            .endMetadata()
                            .build())
                    .subresource("status")
                    .patch(MERGE, patch.toString());
            LOG.log(Level.INFO, "pod {0} now has room; asking the scheduler to retry it", pod);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "pod {0} has room but could not be woken: {1}", pod, e.getMessage());
        }
    }
}
