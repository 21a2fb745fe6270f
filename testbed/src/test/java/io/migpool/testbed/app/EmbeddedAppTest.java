package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedAppTest {

    private static final Map<String, String> ANY_PORT =
            Map.of("server.port", "0", "server.sockets.0.port", "0", "server.sockets.0.host", "127.0.0.1");

    private static final String HOLD_TIME = "migpool.extender.hold-time";

    @TempDir
    Path directory;

    @Test
    void twoApplicationsServeSideBySideAndEndOneByOne() throws Exception {
        try (EmbeddedApp first = start("first");
                HttpClient client = HttpClient.newHttpClient()) {
            EmbeddedApp second = start("second");
            assertThat(first.port("admin")).isNotEqualTo(second.port("admin"));
            assertThat(liveness(client, first.port("admin"))).isEqualTo(200);
            assertThat(liveness(client, second.port("admin"))).isEqualTo(200);

            int port = second.port("admin");
            second.close();
            assertThatThrownBy(() -> liveness(client, port)).isInstanceOf(IOException.class);
            assertThat(liveness(client, first.port("admin"))).isEqualTo(200);
        }
    }

    @Test
    void anInstanceInTheClassLoaderOfAnotherKnowsNothingOfIt() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            try (EmbeddedApp first = start("first", Map.of(HOLD_TIME, "PT17S"))) {
                filter(client, first);
                assertThat(filtered(client, first)).isEqualTo(1);
                assertThat(get(client, first, "/config")).contains("PT17S");
            }
            try (EmbeddedApp second = start("second", Map.of())) {
                assertThat(filtered(client, second)).isZero();
                assertThat(get(client, second, "/config")).doesNotContain("PT17S");
            }
        }
    }

    /** How many requests to filter an instance has counted, whatever came of them. */
    private static double filtered(HttpClient client, EmbeddedApp app) throws Exception {
        return get(client, app, "/metrics")
                .lines()
                .filter(line -> line.startsWith("migpool_filter_seconds_count{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static void filter(HttpClient client, EmbeddedApp app) throws Exception {
        String body = "{\"Pod\": {\"metadata\": {\"name\": \"pod\"}}, \"NodeNames\": []}";
        HttpRequest request = HttpRequest.newBuilder(uri(app.port(), "/filter"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(200);
    }

    private static String get(HttpClient client, EmbeddedApp app, String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(uri(app.port("admin"), path)).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private EmbeddedApp start(String name) throws IOException {
        return start(name, Map.of());
    }

    private EmbeddedApp start(String name, Map<String, String> more) throws IOException {
        Map<String, String> settings = new HashMap<>(ANY_PORT);
        settings.putAll(more);
        return EmbeddedApp.start(AppKind.EXTENDER, name, settings, directory.resolve(name));
    }

    private static int liveness(HttpClient client, int port) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(port, "/health/live")).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static URI uri(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }
}
