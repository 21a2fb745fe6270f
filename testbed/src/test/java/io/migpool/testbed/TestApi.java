package io.migpool.testbed;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.apiserver.faults.Faults;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An API server double with a client, and the pods that the tests of the node and scheduler stand-ins use. */
public final class TestApi implements AutoCloseable {

    public static final String NAMESPACE = "default";
    public static final String GPU = "nvidia.com/gpu";

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());

    public final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.empty())
                    .withMasterUrl(server.uri().toString())
                    .withNamespace(NAMESPACE)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();

    /** Makes the server misbehave. */
    public Faults faults() {
        return server.faults();
    }

    /** An administrator's kubeconfig, as YAML. */
    public String kubeconfig() {
        return server.kubeconfig();
    }

    /** The bearer token of a service account. */
    public String token(String namespace, String serviceAccount) {
        return server.token(namespace, serviceAccount);
    }

    /** A pod with one container {@code main} that has these limits. */
    public static PodBuilder pod(String name, Map<String, String> limits) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withContainers(container("main", limits).build())
                .endSpec();
    }

    public static ContainerBuilder container(String name, Map<String, String> limits) {
        return new ContainerBuilder()
                .withName(name)
                .withImage("busybox:1")
                .withNewResources()
                .withLimits(limits.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, limit -> new Quantity(limit.getValue()))))
                .endResources();
    }

    public Pod create(PodBuilder pod) {
        return client.resource(pod.build()).create();
    }

    /** Creates the pod as bound to the node already. */
    public Pod createOn(String node, PodBuilder pod) {
        return create(pod.editSpec().withNodeName(node).endSpec());
    }

    public Pod get(String pod) {
        return client.pods().inNamespace(NAMESPACE).withName(pod).require();
    }

    public boolean exists(String pod) {
        return client.pods().inNamespace(NAMESPACE).withName(pod).get() != null;
    }

    public String phase(String pod) {
        return get(pod).getStatus().getPhase();
    }

    public void delete(String pod) {
        client.pods().inNamespace(NAMESPACE).withName(pod).delete();
    }

    /** Notes of the events about a pod with this reason. */
    public List<String> events(String pod, String reason) {
        return client.events().v1().events().inNamespace(NAMESPACE).list().getItems().stream()
                .filter(event -> pod.equals(event.getRegarding().getName()) && reason.equals(event.getReason()))
                .map(Event::getNote)
                .toList();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
