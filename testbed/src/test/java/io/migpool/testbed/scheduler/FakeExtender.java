package io.migpool.testbed.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** An extender on the JDK's HTTP server: records the requests and answers as the test specifies. */
public final class FakeExtender implements AutoCloseable {

    public final List<JsonNode> filters = new CopyOnWriteArrayList<>();
    public final List<JsonNode> prioritizes = new CopyOnWriteArrayList<>();
    public final List<JsonNode> binds = new CopyOnWriteArrayList<>();
    public final List<JsonNode> preempts = new CopyOnWriteArrayList<>();

    public volatile Function<JsonNode, String> onFilter =
            request -> "{\"NodeNames\":%s,\"Error\":\"\"}".formatted(request.path("NodeNames"));
    public volatile Function<JsonNode, String> onPrioritize = request -> "[]";
    public volatile Function<JsonNode, String> onBind = request -> "{\"Error\":\"\"}";
    public volatile Function<JsonNode, String> onPreempt =
            request -> "{\"NodeNameToMetaVictims\":%s}".formatted(request.path("NodeNameToMetaVictims"));
    public volatile int status = 200;

    /** Runs between the headers and the body of each answer. */
    public volatile Runnable beforeBody = () -> {};

    private final JsonMapper json = JsonMapper.builder().build();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    public FakeExtender() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException unusable) {
            throw new IllegalStateException("no port", unusable);
        }
        server.setExecutor(threads);
        server.createContext("/filter", exchange -> answer(exchange, filters, onFilter));
        server.createContext("/prioritize", exchange -> answer(exchange, prioritizes, onPrioritize));
        server.createContext("/bind", exchange -> answer(exchange, binds, onBind));
        server.createContext("/preempt", exchange -> answer(exchange, preempts, onPreempt));
        server.start();
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:%d".formatted(server.getAddress().getPort()));
    }

    public List<String> filtered(int call) {
        var names = new ArrayList<String>();
        filters.get(call).path("NodeNames").forEach(name -> names.add(name.asText()));
        return names;
    }

    public long filtersOf(String pod) {
        return filters.stream()
                .filter(request -> request.at("/Pod/metadata/name").asText().equals(pod))
                .count();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange, List<JsonNode> seen, Function<JsonNode, String> answer)
            throws IOException {
        try (exchange) {
            var request = json.readTree(exchange.getRequestBody());
            seen.add(request);
            var body = answer.apply(request).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            beforeBody.run();
            exchange.getResponseBody().write(body);
        }
    }
}
