package io.migpool.testbed.bench.extender;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.migpool.testbed.bench.load.GeneratedCluster;
import io.migpool.testbed.bench.load.PodTexts;
import io.migpool.testbed.bench.load.WorkerPods;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * As much of an API server as the extender needs, over a generated cluster: paged lists, watches of pods, Bindings. It
 * costs little compared to the application under measurement.
 */
final class GeneratedApi implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int PAGE = 500;
    private static final long SILENT_SECONDS = 1;

    /** Host name of the pod of the scheduler and its extender. */
    static final String SCHEDULER_HOST = "bench";

    private final GeneratedCluster cluster;
    private final PodTexts texts;
    private final WebServer http;
    private final Map<String, Pod> waiting = new ConcurrentHashMap<>();
    private final List<BlockingQueue<String>> watches = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    GeneratedApi(GeneratedCluster cluster, PodTexts texts) {
        this.cluster = cluster;
        this.texts = texts;
        this.http = WebServer.builder()
                .address(InetAddress.getLoopbackAddress())
                .port(0)
                .connectionOptions(socket -> socket.tcpNoDelay(true))
                .shutdownHook(false)
                .routing(routing -> routing.register("/", this::routes))
                .build()
                .start();
    }

    private void routes(HttpRules rules) {
        rules.get(
                        "/api/v1/nodes",
                        (request, response) ->
                                list(request, response, "Node", cluster.size().nodes(), this::node))
                .get(
                        "/api/v1/pods",
                        (request, response) ->
                                list(request, response, "Pod", cluster.size().pods(), this::pod))
                .get(
                        "/api/v1/resourcequotas",
                        (request, response) -> list(request, response, "ResourceQuota", 0, this::node))
                .get("/api/v1/namespaces", (request, response) -> list(request, response, "Namespace", 0, this::node))
                .get("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/hami-scheduler", this::lease)
                .post("/api/v1/namespaces/{namespace}/pods/{name}/binding", this::bind)
                .post("/apis/events.k8s.io/v1/namespaces/{namespace}/events", (request, response) -> {
                    request.content().as(byte[].class);
                    response.status(Status.CREATED_201).send("{}");
                })
                .any((request, response) -> response.status(Status.NOT_FOUND_404)
                        .send("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}"));
    }

    /** Returns a kubeconfig (YAML) for it. */
    String kubeconfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: bench, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: bench, user: {token: none}}]
                contexts: [{name: bench, context: {cluster: bench, user: bench}}]
                current-context: bench
                """.formatted(http.port());
    }

    private void list(
            ServerRequest request, ServerResponse response, String kind, int count, IntFunction<String> object)
            throws IOException {
        if (request.query().first("watch").map(Boolean::parseBoolean).orElse(false)) {
            watch(response, kind.equals("Pod"));
            return;
        }
        int from = request.query().first("continue").map(Integer::parseInt).orElse(0);
        int to = Math.min(count, from + PAGE);
        response.headers().contentType(MediaTypes.APPLICATION_JSON);
        try (OutputStream out = response.outputStream()) {
            StringBuilder page = new StringBuilder();
            page.append("{\"kind\":\"").append(kind).append("List\",\"apiVersion\":\"v1\",\"metadata\":{");
            page.append("\"resourceVersion\":\"1\",\"continue\":\"").append(to < count ? to : "");
            page.append("\"},\"items\":[");
            for (int i = from; i < to; i++) {
                page.append(i == from ? "" : ",").append(object.apply(i));
            }
            out.write(page.append("]}").toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The scheduler that calls the extender leads all the time, so that bound pods are listed once, not after each pause. */
    private void lease(ServerRequest request, ServerResponse response) {
        response.headers().contentType(MediaTypes.APPLICATION_JSON);
        response.send("""
                {"kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
                 "metadata": {"namespace": "kube-system", "name": "hami-scheduler"},
                 "spec": {"holderIdentity": "%s_1", "leaseTransitions": 0}}""".formatted(SCHEDULER_HOST));
    }

    private String node(int number) {
        try {
            return JSON.writeValueAsString(cluster.node(number));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a node cannot be written", e);
        }
    }

    private String pod(int number) {
        return texts.of(cluster.placedPod(number));
    }

    /** Serves a watch. Nothing happens to nodes and quotas; their watches just stay open. */
    private void watch(ServerResponse response, boolean pods) throws IOException {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        if (pods) {
            watches.add(events);
        }
        response.headers().contentType(MediaTypes.APPLICATION_JSON);
        try (OutputStream out = response.outputStream()) {
            out.flush();
            while (!closed) {
                String event = events.poll(SILENT_SECONDS, TimeUnit.SECONDS);
                if (event != null) {
                    out.write(event.getBytes(StandardCharsets.UTF_8));
                    out.flush();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watches.remove(events);
        }
    }

    /** Adds a pod to the cluster. */
    void create(Pod pod) {
        waiting.put(pod.getMetadata().getName(), pod);
        tell("ADDED", pod);
    }

    /** Removes a pod. */
    void delete(Pod pod) {
        waiting.remove(pod.getMetadata().getName());
        tell("DELETED", pod);
    }

    private void tell(String type, Pod pod) {
        String event = "{\"type\":\"" + type + "\",\"object\":" + texts.of(pod) + "}\n";
        watches.forEach(watch -> watch.add(event));
    }

    private void bind(ServerRequest request, ServerResponse response) throws IOException {
        JsonNode binding = JSON.readTree(request.content().as(byte[].class));
        Pod pod = waiting.remove(request.path().pathParameters().get("name"));
        if (pod == null) {
            response.status(Status.NOT_FOUND_404)
                    .send("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}");
            return;
        }
        Map<String, String> annotations = new TreeMap<>();
        binding.at("/metadata/annotations")
                .properties()
                .forEach(entry ->
                        annotations.put(entry.getKey(), entry.getValue().asText()));
        tell("MODIFIED", WorkerPods.bound(pod, binding.at("/target/name").asText(), annotations));
        response.status(Status.CREATED_201)
                .send("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\",\"code\":201}");
    }

    @Override
    public void close() {
        closed = true;
        http.stop();
    }
}
