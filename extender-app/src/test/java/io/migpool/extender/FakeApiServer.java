package io.migpool.extender;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * As much of an API server as the extender needs: lists and watches nodes and pods, binds pods, accepts Events. Bindings are
 * answered with queued failures first.
 */
public final class FakeApiServer implements AutoCloseable {

    /** All objects of one kind and their watches. */
    private record Store(Map<String, ObjectNode> objects, List<BlockingQueue<String>> watches) {

        void tell(String type, JsonNode json) {
            String line = JSON.createObjectNode().put("type", type).set("object", json) + "\n";
            watches.forEach(watch -> watch.add(line));
        }
    }

    /** Ends a watch. */
    private static final String END = "";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Store nodes = new Store(new TreeMap<>(), new CopyOnWriteArrayList<>());
    private final Store pods = new Store(new TreeMap<>(), new CopyOnWriteArrayList<>());
    private final Store quotas = new Store(new TreeMap<>(), new CopyOnWriteArrayList<>());
    private final Store namespaces = new Store(new TreeMap<>(), new CopyOnWriteArrayList<>());
    private final BlockingQueue<Integer> failures = new LinkedBlockingQueue<>();
    private final BlockingQueue<CompletableFuture<Void>> losses = new LinkedBlockingQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<JsonNode> bindings = new CopyOnWriteArrayList<>();
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private int version;

    public FakeApiServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.setExecutor(threads);
        server.start();
    }

    /** Writes a kubeconfig that points here. */
    public Path kubeconfig(Path file) {
        try {
            return Files.writeString(file, """
                apiVersion: v1
                kind: Config
                current-context: fake
                clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
                contexts: [{name: fake, context: {cluster: fake, user: fake}}]
                users: [{name: fake, user: {}}]
                """.formatted(server.getAddress().getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates or replaces an object and notifies the watches. */
    public synchronized void put(HasMetadata object) {
        ObjectNode json = JSON.valueToTree(object);
        store(storeOf(object), json);
    }

    /** Deletes an object and notifies the watches. */
    public synchronized void delete(HasMetadata object) {
        ObjectNode json = storeOf(object).objects().remove(key(JSON.valueToTree(object)));
        if (json != null) {
            storeOf(object).tell("DELETED", json);
        }
    }

    /** Creates or replaces an object without notifying the watches; the next list contains it. */
    public synchronized void putUnseen(HasMetadata object) {
        Store store = storeOf(object);
        ObjectNode json = JSON.valueToTree(object);
        ((ObjectNode) json.get("metadata")).put("resourceVersion", Integer.toString(++version));
        store.objects().put(key(json), json);
    }

    /** Deletes an object without notifying the watches. */
    public synchronized void deleteUnseen(HasMetadata object) {
        version++;
        storeOf(object).objects().remove(key(JSON.valueToTree(object)));
    }

    /** Ends the watches of pods as too old to continue, so that clients list again. */
    public synchronized void interruptPodWatches() {
        String line = JSON.createObjectNode()
                        .put("type", "ERROR")
                        .set(
                                "object",
                                JSON.createObjectNode()
                                        .put("apiVersion", "v1")
                                        .put("kind", "Status")
                                        .put("status", "Failure")
                                        .put("reason", "Expired")
                                        .put("code", 410))
                + "\n";
        pods.watches().forEach(watch -> {
            watch.add(line);
            watch.add(END);
        });
    }

    /** Answers the next Binding with this status, without effect. */
    public void failNextBinding(int status) {
        failures.add(status);
    }

    /**
     * Leaves the next Binding without effect and without an answer, until its client gives up.
     *
     * @return completed once that Binding has arrived
     */
    public CompletableFuture<Void> loseNextBinding() {
        CompletableFuture<Void> come = new CompletableFuture<>();
        losses.add(come);
        return come;
    }

    /** Returns the bodies of the Bindings that were answered with success. */
    public List<JsonNode> bindings() {
        return bindings;
    }

    /** Returns the bodies of the Events. */
    public List<JsonNode> events() {
        return events;
    }

    private Store storeOf(HasMetadata object) {
        return storeOf("/" + object.getKind().toLowerCase(Locale.ROOT) + "s");
    }

    private Store storeOf(String path) {
        return switch (path.substring(path.lastIndexOf('/'))) {
            case "/nodes" -> nodes;
            case "/resourcequotas" -> quotas;
            case "/namespaces" -> namespaces;
            default -> pods;
        };
    }

    private static String key(JsonNode json) {
        return json.at("/metadata/namespace").asText() + "/"
                + json.at("/metadata/name").asText();
    }

    private void store(Store store, ObjectNode json) {
        ((ObjectNode) json.get("metadata")).put("resourceVersion", Integer.toString(++version));
        boolean isNew = store.objects().put(key(json), json) == null;
        store.tell(isNew ? "ADDED" : "MODIFIED", json);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            if ("websocket".equals(exchange.getRequestHeaders().getFirst("Upgrade"))) {
                answer(exchange, 200, "{}"); // no web sockets here: the client then watches over plain HTTP
            } else if (query.contains("watch=true")) {
                watch(exchange, storeOf(path));
            } else if (path.endsWith("/binding")) {
                bind(exchange, path);
            } else if (path.endsWith("/events")) {
                events.add(JSON.readTree(exchange.getRequestBody()));
                answer(exchange, 201, events.getLast().toString());
            } else if (path.equals("/api/v1/nodes")
                    || path.equals("/api/v1/pods")
                    || path.equals("/api/v1/resourcequotas")
                    || path.equals("/api/v1/namespaces")) {
                answer(exchange, 200, list(storeOf(path)));
            } else {
                get(exchange, path);
            }
        }
    }

    private synchronized String list(Store store) {
        ObjectNode list = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "List");
        list.putObject("metadata").put("resourceVersion", Integer.toString(version));
        list.putArray("items").addAll(store.objects().values());
        return list.toString();
    }

    private void get(HttpExchange exchange, String path) throws IOException {
        String[] parts = path.split("/", -1);
        ObjectNode pod = parts.length == 7 ? pod(parts[4], parts[6]) : null;
        if (pod == null) {
            answer(exchange, 404, status(404));
        } else {
            answer(exchange, 200, pod.toString());
        }
    }

    private synchronized @Nullable ObjectNode pod(String namespace, String name) {
        return pods.objects().get(namespace + "/" + name);
    }

    private void watch(HttpExchange exchange, Store store) throws IOException {
        BlockingQueue<String> watch = new LinkedBlockingQueue<>();
        store.watches().add(watch);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.flush();
            for (String line = watch.take(); !line.equals(END); line = watch.take()) {
                out.write(line.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            store.watches().remove(watch);
        }
    }

    private void bind(HttpExchange exchange, String path) throws IOException {
        JsonNode binding = JSON.readTree(exchange.getRequestBody());
        CompletableFuture<Void> loss = losses.poll();
        if (loss != null) {
            loss.complete(null);
            awaitClosed();
            return;
        }
        Integer failure = failures.poll();
        if (failure != null) {
            answer(exchange, failure, status(failure));
            return;
        }
        String[] parts = path.split("/", -1);
        int code = bound(pod(parts[4], parts[6]), binding);
        answer(exchange, code, status(code));
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized int bound(@Nullable ObjectNode pod, JsonNode binding) {
        if (pod == null) {
            return 404;
        }
        boolean sameUid = binding.at("/metadata/uid").equals(pod.at("/metadata/uid"));
        if (!sameUid || pod.at("/spec").has("nodeName")) {
            return 409;
        }
        ObjectNode changed = pod.deepCopy();
        ((ObjectNode) changed.get("spec")).set("nodeName", binding.at("/target/name"));
        ObjectNode metadata = (ObjectNode) changed.get("metadata");
        ObjectNode annotations = metadata.withObjectProperty("annotations");
        binding.at("/metadata/annotations").properties().forEach(e -> annotations.set(e.getKey(), e.getValue()));
        bindings.add(binding);
        store(pods, changed);
        return 201;
    }

    private static String status(int code) {
        return JSON.createObjectNode()
                .put("apiVersion", "v1")
                .put("kind", "Status")
                .put("status", code < 400 ? "Success" : "Failure")
                .put("message", "answer " + code + " of the fake")
                .put("code", code)
                .toString();
    }

    private static void answer(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.countDown();
        nodes.watches().forEach(watch -> watch.add(END));
        pods.watches().forEach(watch -> watch.add(END));
        quotas.watches().forEach(watch -> watch.add(END));
        namespaces.watches().forEach(watch -> watch.add(END));
        server.stop(0);
        threads.shutdownNow();
    }
}
