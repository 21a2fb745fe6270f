package io.migpool.testbed.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.testbed.apiserver.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.CopyOnWriteArrayList;

/** A watch as it comes over the wire, one event a line. */
final class RawWatch implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final InputStream body;
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final Thread reader;

    RawWatch(ApiServer server, String path) throws IOException, InterruptedException {
        this(server, path, Map.of());
    }

    RawWatch(ApiServer server, String path, Map<String, String> headers) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.uri() + path)).timeout(Duration.ofMinutes(1));
        headers.forEach(request::header);
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        body = response.body();
        reader = Thread.ofVirtual().start(() -> {
            try (Scanner lines = new Scanner(body, StandardCharsets.UTF_8)) {
                while (lines.hasNextLine()) {
                    String line = lines.nextLine();
                    if (!line.isBlank()) {
                        events.add(Json.parse(line));
                    }
                }
            }
        });
    }

    List<JsonNode> events() {
        return events;
    }

    /** Events as {@code TYPE name}. */
    List<String> names() {
        return events.stream()
                .map(event -> Json.text(event, "type") + " " + Json.text(event, "object", "metadata", "name"))
                .toList();
    }

    boolean ended() {
        return !reader.isAlive();
    }

    @Override
    public void close() throws IOException {
        http.shutdownNow();
        body.close();
    }
}
