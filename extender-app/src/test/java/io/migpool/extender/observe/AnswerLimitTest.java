package io.migpool.extender.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AnswerLimitTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private final Semaphore answering = new Semaphore(0);
    private final CountDownLatch readable = new CountDownLatch(1);
    private final HttpClient client = HttpClient.newHttpClient();
    private WebServer server = serving(Duration.ofMillis(10));

    private WebServer serving(Duration patience) {
        return WebServer.builder()
                .port(0)
                .routing(routing -> routing.addFilter(new AnswerLimit(Map.of("/large", 2), patience))
                        .get("/large", (request, response) -> {
                            answering.release();
                            readable.await();
                            response.send("large");
                        })
                        .head("/large", (request, response) -> response.send())
                        .get("/small", (request, response) -> response.send("small")))
                .build()
                .start();
    }

    @AfterEach
    void stop() {
        readable.countDown();
        client.close();
        server.stop();
    }

    private CompletableFuture<HttpResponse<String>> ask(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(LONG)
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void clientsBeyondTheLimitAreSentAwayUntilOthersHaveReadTheirAnswers() throws Exception {
        CompletableFuture<HttpResponse<String>> first = ask("GET", "/large");
        CompletableFuture<HttpResponse<String>> second = ask("GET", "/large");
        answering.acquire(2);

        HttpResponse<String> refused = ask("GET", "/large").get();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).isEqualTo("{\"error\":\"others are reading this; try again in a moment\"}");
        assertThat(ask("HEAD", "/large").get().statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/small").get().body()).isEqualTo("small");

        readable.countDown();
        assertThat(first.get().body()).isEqualTo("large");
        assertThat(second.get().body()).isEqualTo("large");
        assertThat(ask("GET", "/large").get().body()).isEqualTo("large");
    }

    @Test
    void clientsBeyondTheLimitWaitForOthers() throws Exception {
        server.stop();
        server = serving(LONG);
        CompletableFuture<HttpResponse<String>> first = ask("GET", "/large");
        CompletableFuture<HttpResponse<String>> second = ask("GET", "/large");
        answering.acquire(2);
        CompletableFuture<HttpResponse<String>> third = ask("GET", "/large");
        assertThat(ask("GET", "/small").get().body()).isEqualTo("small");
        assertThat(third).isNotDone();

        readable.countDown();
        assertThat(third.get().body()).isEqualTo("large");
        assertThat(first.get().body()).isEqualTo(second.get().body());
    }
}
