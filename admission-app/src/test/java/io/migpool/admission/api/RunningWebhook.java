package io.migpool.admission.api;

import io.helidon.microprofile.server.ServerCdiExtension;
import jakarta.enterprise.inject.spi.CDI;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** Calls the application under test over the network. */
final class RunningWebhook {

    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private RunningWebhook() {}

    static HttpClient client(SSLContext trust) {
        return HttpClient.newBuilder()
                .sslContext(trust)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .build();
    }

    static HttpResponse<String> review(HttpClient client, byte[] body) throws IOException, InterruptedException {
        return post(client, "application/json", body);
    }

    static HttpResponse<String> post(HttpClient client, String mediaType, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(
                        "https://localhost:%d/webhook".formatted(sockets().port())))
                .timeout(TIMEOUT)
                .header("Content-Type", mediaType)
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    static HttpResponse<String> admin(String path) throws IOException, InterruptedException {
        return get("http://localhost:%d%s".formatted(sockets().port("admin"), path));
    }

    static HttpResponse<String> probe(String path) throws IOException, InterruptedException {
        return get("http://localhost:%d%s".formatted(sockets().port("probes"), path));
    }

    private static HttpResponse<String> get(String uri) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(uri)).timeout(TIMEOUT).build();
            return client.send(request, BodyHandlers.ofString());
        }
    }

    static int httpsPort() {
        return sockets().port();
    }

    private static ServerCdiExtension sockets() {
        return CDI.current().getBeanManager().getExtension(ServerCdiExtension.class);
    }
}
