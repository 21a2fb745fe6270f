package io.migpool.testbed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedAppTest {

    private static final Map<String, String> ANY_PORT =
            Map.of("server.port", "0", "server.sockets.0.port", "0", "server.sockets.0.host", "127.0.0.1");

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

    private EmbeddedApp start(String name) throws IOException {
        return EmbeddedApp.start(AppKind.EXTENDER, name, ANY_PORT, directory.resolve(name));
    }

    private static int liveness(HttpClient client, int port) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/live"))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
