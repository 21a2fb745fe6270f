package io.migpool.testbed.scheduler;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Speaks {@code k8s.io/kube-scheduler/extender/v1}: the Go types have no JSON tags, so keys are written with the
 * capitalisation of the fields and read case-insensitively.
 */
final class ExtenderClient implements AutoCloseable {

    private final ExtenderOptions options;
    private final KubernetesSerialization kubernetes;
    private final Set<String> managed;
    private final JsonMapper json = JsonMapper.builder().build();
    private final HttpClient http;

    ExtenderClient(ExtenderOptions options, KubernetesSerialization kubernetes) {
        this.options = options;
        this.kubernetes = kubernetes;
        this.managed =
                options.managedResources().stream().map(ManagedResource::name).collect(Collectors.toSet());
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(options.httpTimeout())
                .build();
    }

    /**
     * Answer of filter.
     *
     * @param nodes names of the nodes that fit
     * @param failed why others do not, by name
     */
    record Filtered(List<String> nodes, Map<String, Unfit> failed) {

        Filtered {
            nodes = List.copyOf(nodes);
            failed = Map.copyOf(failed);
        }
    }

    boolean isInterestedIn(PodInfo pod) {
        return managed.isEmpty() || pod.names(managed);
    }

    boolean binds() {
        return options.bindVerb().isPresent();
    }

    boolean discussesPreemption() {
        return options.preemptVerb().isPresent();
    }

    Filtered filter(PodInfo pod, List<NodeInfo> nodes) throws ExtenderException {
        var result = post(options.filterVerb(), arguments(pod, nodes));
        var error = field(result, "Error").asText("");
        if (!error.isEmpty()) {
            throw new ExtenderException(error);
        }
        var offered = nodes.stream().map(NodeInfo::name).collect(Collectors.toSet());
        var fitting = new ArrayList<String>();
        for (var name : returnedNames(result)) {
            if (!offered.contains(name)) {
                throw new ExtenderException(
                        "extender \"%s\" claims a filtered node \"%s\" which is not found in the input node list"
                                .formatted(options.base(), name));
            }
            fitting.add(name);
        }
        var failed = new TreeMap<String, Unfit>();
        field(result, "FailedNodes")
                .properties()
                .forEach(entry ->
                        failed.put(entry.getKey(), Unfit.forNow(entry.getValue().asText())));
        field(result, "FailedAndUnresolvableNodes")
                .properties()
                .forEach(entry -> failed.put(
                        entry.getKey(), Unfit.forGood(entry.getValue().asText())));
        return new Filtered(fitting, failed);
    }

    /** Returns the extender's scores mapped to the scheduler's range and weighted. */
    Map<String, Long> prioritize(PodInfo pod, List<NodeInfo> nodes) throws ExtenderException {
        var scores = new TreeMap<String, Long>();
        for (var entry : post(options.prioritizeVerb(), arguments(pod, nodes))) {
            scores.put(field(entry, "Host").asText(), field(entry, "Score").asLong() * options.weight() * 10);
        }
        return scores;
    }

    void bind(PodInfo pod, String node) throws ExtenderException {
        var request = json.createObjectNode()
                .put("PodName", pod.name())
                .put("PodNamespace", pod.namespace())
                .put("PodUID", pod.uid())
                .put("Node", node);
        var error =
                field(post(options.bindVerb().orElseThrow(), request), "Error").asText("");
        if (!error.isEmpty()) {
            throw new ExtenderException(error);
        }
    }

    /**
     * Pods that the extender keeps as victims on a node.
     *
     * @param uids UIDs of the pods
     * @param violations how many of them would leave in violation of a PodDisruptionBudget, as the extender counts
     */
    record MetaVictims(Set<String> uids, int violations) {

        MetaVictims {
            uids = Set.copyOf(uids);
        }
    }

    /**
     * Offers victims by node and returns those that the extender keeps; a node that it drops is no longer a candidate.
     */
    Map<String, MetaVictims> preempt(PodInfo pod, Map<String, Victims> victims) throws ExtenderException {
        var request = json.createObjectNode();
        request.set("Pod", tree(pod.pod()));
        var full = json.createObjectNode();
        var meta = json.createObjectNode();
        victims.forEach((node, there) -> {
            var violations = there.violations();
            var fullPods =
                    full.putObject(node).put("NumPDBViolations", violations).putArray("Pods");
            var metaPods =
                    meta.putObject(node).put("NumPDBViolations", violations).putArray("Pods");
            there.pods().forEach(victim -> {
                fullPods.add(tree(victim.pod()));
                metaPods.addObject().put("UID", victim.uid());
            });
        });
        request.set("NodeNameToVictims", options.nodeCacheCapable() ? json.nullNode() : full);
        request.set("NodeNameToMetaVictims", options.nodeCacheCapable() ? meta : json.nullNode());
        var left = new TreeMap<String, MetaVictims>();
        var result = post(options.preemptVerb().orElseThrow(), request);
        for (var entry : field(result, "NodeNameToMetaVictims").properties()) {
            var uids = new TreeSet<String>();
            field(entry.getValue(), "Pods")
                    .forEach(victim -> uids.add(field(victim, "UID").asText()));
            left.put(
                    entry.getKey(),
                    new MetaVictims(
                            uids, field(entry.getValue(), "NumPDBViolations").asInt()));
        }
        return left;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private ObjectNode arguments(PodInfo pod, List<NodeInfo> nodes) {
        var arguments = json.createObjectNode();
        arguments.set("Pod", tree(pod.pod()));
        if (options.nodeCacheCapable()) {
            arguments.putNull("Nodes");
            var names = arguments.putArray("NodeNames");
            nodes.forEach(node -> names.add(node.name()));
        } else {
            var items = arguments.putObject("Nodes").put("kind", "NodeList").put("apiVersion", "v1");
            items.putObject("metadata");
            var list = items.putArray("items");
            nodes.forEach(node -> list.add(tree(node.node())));
            arguments.putNull("NodeNames");
        }
        return arguments;
    }

    private List<String> returnedNames(JsonNode result) {
        var names = new ArrayList<String>();
        if (options.nodeCacheCapable() && field(result, "NodeNames").isArray()) {
            field(result, "NodeNames").forEach(name -> names.add(name.asText()));
        } else {
            field(result, "Nodes")
                    .path("items")
                    .forEach(
                            node -> names.add(node.path("metadata").path("name").asText()));
        }
        return names;
    }

    private JsonNode tree(Object resource) {
        try {
            return json.readTree(kubernetes.asJson(resource));
        } catch (JacksonException impossible) {
            throw new IllegalStateException("fabric8 wrote JSON that cannot be read", impossible);
        }
    }

    /** Reads a field case-insensitively, as Go's decoder does. */
    private static JsonNode field(JsonNode object, String name) {
        for (var property : object.properties()) {
            if (property.getKey().equalsIgnoreCase(name)) {
                return property.getValue();
            }
        }
        return object.path(name);
    }

    /** Limits the whole exchange as Go's client does; a limit of the request itself would end with the headers. */
    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        var answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        try {
            return answer.get(options.httpTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            answer.cancel(true);
            throw new HttpTimeoutException("no complete answer within " + options.httpTimeout());
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof IOException failure ? failure : new IOException(failed.getCause());
        }
    }

    private JsonNode post(String verb, JsonNode body) throws ExtenderException {
        var base = options.base().toString();
        var uri = URI.create(base.endsWith("/") ? base + verb : base + "/" + verb);
        var request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        try {
            var response = send(request);
            if (response.statusCode() != HttpURLConnection.HTTP_OK) {
                throw new ExtenderException(
                        "failed %s with extender at URL %s, code %d".formatted(verb, uri, response.statusCode()));
            }
            return json.readTree(response.body());
        } catch (JacksonException malformed) {
            throw new ExtenderException(
                    "Post \"%s\": answer is not valid JSON: %s".formatted(uri, malformed.getOriginalMessage()),
                    malformed);
        } catch (IOException failure) {
            throw new ExtenderException(
                    "Post \"%s\": %s".formatted(uri, failure.getMessage() == null ? failure : failure.getMessage()),
                    failure);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            throw new ExtenderException("Post \"%s\": interrupted".formatted(uri), closing);
        }
    }
}
