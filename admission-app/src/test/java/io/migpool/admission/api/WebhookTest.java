package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.review.AdmissionReviewer;
import io.migpool.admission.tls.TestCertificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "migpool.admission.tls.mode", value = "directory")
@AddConfig(key = "device-config.nvidia.runtimeClassName", value = "nvidia")
class WebhookTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TestCertificates CERTIFICATES = new TestCertificates();

    private HttpClient client;

    @AddConfigSource
    static ConfigSource certificateDirectory() throws IOException {
        Path directory = Files.createTempDirectory(Path.of("target"), "webhook-tls");
        CERTIFICATES.writeTo(directory);
        return new FixedSource(Map.of("migpool.admission.tls.directory", directory.toString()));
    }

    @BeforeEach
    void connect() throws Exception {
        client = RunningWebhook.client(CERTIFICATES.trusting());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void aGpuPodIsPatchedOverVerifiedHttps() throws Exception {
        HttpResponse<String> answer = RunningWebhook.review(client, fixture());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        JsonNode response = JSON.readTree(answer.body()).path("response");
        assertThat(response.path("uid").asText()).isEqualTo("705ab4f5-6393-11e8-b7cc-42010a800002");
        assertThat(new String(response.path("patch").binaryValue(), StandardCharsets.UTF_8))
                .contains("\"value\":\"hami-scheduler\"");
    }

    @Test
    void theSettingsOfThePoolReachTheReview() throws Exception {
        HttpResponse<String> answer = RunningWebhook.review(client, fixture());

        JsonNode patch =
                JSON.readTree(JSON.readTree(answer.body()).at("/response/patch").binaryValue());
        assertThat(patch.findValuesAsText("path")).contains("/spec/runtimeClassName");
    }

    @Test
    void aClientThatDoesNotTrustOurAuthorityIsNotServed() throws Exception {
        SSLContext others = new TestCertificates().trusting();
        try (HttpClient stranger = RunningWebhook.client(others)) {
            assertThatThrownBy(() -> RunningWebhook.review(stranger, fixture()))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    /**
     * Nagle's algorithm with delayed acknowledgements would make nearly all of these take 40 ms or more; taking the
     * shortest excludes moments at which the machine was busy with something else.
     */
    @Test
    void answersOfMoreThanEightKilobytesComeWithoutDelay() throws Exception {
        byte[] review = reviewWithPrivilegedContainers(60);
        List<Duration> durations = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            long start = System.nanoTime();
            HttpResponse<String> answer = RunningWebhook.review(client, review);
            durations.add(Duration.ofNanos(System.nanoTime() - start));
            assertThat(answer.body()).hasSizeGreaterThan(8192);
        }

        Collections.sort(durations);
        assertThat(durations.getFirst()).as("shortest of %s", durations).isLessThan(Duration.ofMillis(20));
    }

    @Test
    void badBodiesGetDefinedAnswersAndTheNextReviewIsServed() throws Exception {
        assertThat(RunningWebhook.post(client, "text/plain", fixture()).statusCode())
                .isEqualTo(415);
        assertThat(RunningWebhook.review(client, "{".getBytes(StandardCharsets.UTF_8))
                        .statusCode())
                .isEqualTo(400);
        assertThat(RunningWebhook.review(client, fixture()).statusCode()).isEqualTo(200);
    }

    @Test
    void bodiesBeyondTheLimitAreRefusedInASentence() throws Exception {
        byte[] oversized = new byte[4 * 1024 * 1024 + 100_000];

        HttpResponse<String> answer = RunningWebhook.review(client, oversized);

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(JSON.readTree(answer.body()).path("message").asText()).contains("4194304 bytes");
        assertThat(RunningWebhook.review(client, fixture()).statusCode()).isEqualTo(200);
    }

    @Test
    void healthIsToldOnTheAdminSocketAndToKubeletOnly() throws Exception {
        for (String probe : List.of("/health/live", "/health/ready", "/health/started")) {
            assertThat(RunningWebhook.probe(probe).statusCode()).as(probe).isEqualTo(200);
            assertThat(RunningWebhook.admin(probe).statusCode()).as(probe).isEqualTo(200);
        }
        assertThat(RunningWebhook.admin("/health/ready").body())
                .contains("\"certificate\"", "\"settings\"", "notAfter");
        HttpRequest onMain = HttpRequest.newBuilder(
                        URI.create("https://localhost:%d/health".formatted(RunningWebhook.httpsPort())))
                .build();
        assertThat(client.send(onMain, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(404);
    }

    @Test
    void whatItRunsWithIsToldOnTheAdminSocketOnly() throws Exception {
        JsonNode config = JSON.readTree(RunningWebhook.admin("/config").body());

        assertThat(config.path("settings")).anySatisfy(setting -> {
            assertThat(setting.path("key").asText()).isEqualTo("device-config.nvidia.runtimeClassName");
            assertThat(setting.path("value").asText()).isEqualTo("nvidia");
            assertThat(setting.path("source").asText()).isNotBlank();
        });
        assertThat(config.path("settings").findValuesAsText("key"))
                .contains("migpool.admission.service", "migpool.admission.namespace");
        assertThat(config.path("settings")).allSatisfy(setting -> {
            switch (setting.path("key").asText()) {
                case "migpool.admission.service" ->
                    assertThat(setting.path("source").asText()).isEqualTo("default");
                case "migpool.admission.namespace" ->
                    assertThat(setting.path("source").asText()).isEqualTo("default ${POD_NAMESPACE:kube-system}");
                default -> {}
            }
        });
        HttpRequest onMain = HttpRequest.newBuilder(
                        URI.create("https://localhost:%d/config".formatted(RunningWebhook.httpsPort())))
                .build();
        assertThat(client.send(onMain, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(404);
    }

    @Test
    void reviewsAreMeasuredByResult() throws Exception {
        RunningWebhook.review(client, fixture());

        String metrics = RunningWebhook.admin("/metrics").body();

        assertThat(metrics)
                .containsPattern(
                        "migpool_admission_review_duration_seconds_bucket\\{result=\"patched\",le=\"0.005\",?} [0-9.]+")
                .contains("migpool_admission_review_duration_seconds_count{result=\"denied\"")
                .containsPattern("migpool_admission_certificate_expiry_seconds 1\\.[0-9]+E9")
                .contains(
                        "migpool_config_valid{document=\"device-config\"",
                        "migpool_config_valid{document=\"node-config\"");
    }

    private static byte[] reviewWithPrivilegedContainers(int count) throws IOException {
        JsonNode review = JSON.readTree(fixture());
        ArrayNode containers = (ArrayNode) review.at("/request/object/spec/containers");
        for (int i = 0; i < count; i++) {
            ObjectNode container = containers.addObject().put("name", "c" + i);
            container.putObject("securityContext").put("privileged", true);
        }
        return JSON.writeValueAsBytes(review);
    }

    private static byte[] fixture() throws IOException {
        try (InputStream stream = AdmissionReviewer.class.getResourceAsStream("gpu-memory-only.json")) {
            return Objects.requireNonNull(stream).readAllBytes();
        }
    }
}
