package io.migpool.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Binding;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert;

/** An API server with a fabric8 client, and plain HTTP for what fabric8 would hide. */
final class ClusterFixture implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    final ApiServer server;
    final KubernetesClient client;
    private final HttpClient http = HttpClient.newHttpClient();

    ClusterFixture() {
        this(ApiServerOptions.defaults());
    }

    ClusterFixture(ApiServerOptions options) {
        server = ApiServer.start(options);
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                        .withMasterUrl(server.uri().toString())
                        .withNamespace("default")
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        return send(method, path, body, Map.of("Content-Type", "application/json"));
    }

    HttpResponse<String> send(String method, String path, String body, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.uri() + path))
                .timeout(TIMEOUT)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    Pod create(Pod pod) {
        return client.resource(pod).create();
    }

    static PodBuilder pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("busybox:1")
                .endContainer()
                .endSpec();
    }

    /** Requires that a call is refused with this code, reason and part of a message. */
    static void failure(ThrowableAssert.ThrowingCallable call, int code, String reason, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(KubernetesClientException.class, e -> {
            assertThat(e.getCode()).isEqualTo(code);
            assertThat(e.getStatus().getReason()).isEqualTo(reason);
            assertThat(e.getStatus().getMessage()).contains(message);
        });
    }

    void bind(Pod pod, String node, Map<String, String> annotations) {
        client.bindings()
                .inNamespace(pod.getMetadata().getNamespace())
                .resource(binding(pod, node, annotations))
                .create();
    }

    static Binding binding(Pod pod, String node, Map<String, String> annotations) {
        return new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .withUid(pod.getMetadata().getUid())
                .withAnnotations(annotations)
                .endMetadata()
                .withNewTarget()
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build();
    }

    @Override
    public void close() {
        client.close();
        http.close();
        server.close();
    }
}
